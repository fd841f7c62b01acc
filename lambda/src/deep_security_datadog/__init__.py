"""Forwards Deep Security events from Amazon SNS to Datadog.

The path of an event: `handler` → `envelope` → `event` → `filter` → `fold` → `destinations` → `datadog_client` →
`settle` → `queues`; `forward` composes it.
"""

__version__ = "0.1.0"
