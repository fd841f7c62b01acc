"""What a request carries: an event, how often it happened, and the message it came with."""

from datetime import datetime
from typing import Any, NamedTuple

from deep_security_datadog.deep_security.event import Event


class Context(NamedTuple):
    """Shared by all events. now: UTC. tags: as configured. console_url: None = no link. ocsf: whether logs have it."""

    now: datetime
    tags: tuple[str, ...] = ()
    console_url: str | None = None
    ocsf: bool = False


class Repeats(NamedTuple):
    """The number of events, and the earliest and latest time (None if no event has one)."""

    total: int
    first: datetime | None = None
    last: datetime | None = None


class Item(NamedTuple):
    """An event to send. repeats: None for one that stands for itself only.

    message: names the message it came with. account_id: the AWS account of the topic, empty if unknown.
    published: when SNS received the message, None if unknown.
    entries: what the item stands for, for whoever sends it: one for its event, and one for each folded repeat.
    """

    event: Event
    message: str = ""
    account_id: str = ""
    published: datetime | None = None
    repeats: Repeats | None = None
    entries: tuple[Any, ...] = ()
