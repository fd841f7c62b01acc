"""Forwards Deep Security events from Amazon SNS to Datadog: `handler` is the entry point, `forward` the five steps."""

__version__ = "0.1.0"
