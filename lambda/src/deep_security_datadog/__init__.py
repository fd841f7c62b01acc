"""Forwards Deep Security events from Amazon SNS to Datadog.

An event passes the modules in this order: `handler`, `envelope`, `event`, `filter`, `render`, `deliver`, `settle`.
"""

__version__ = "0.1.0"
