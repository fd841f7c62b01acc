"""One Deep Security event: its type, severity, rank, host and time.

The model is total: any JSON object is an event, and odd values give defaults, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from .event_types import EventType, Texts, event_type
from .severity import Severity
from .values import as_text, number, text_of, time_of

# `ec2-198-51-100-1.example.com (web-1) [i-0bbafc95]`: a display name with a label and an instance id,
# either of which can be empty or missing (reference: deep-security-events, section 2.4).
# The name grows by words, not by characters.
_DISPLAY_NAME = re.compile(
    r"(?P<name>\S*+(?:\s+\S++)*?)(?:\s+\((?P<label>.*?)\))?(?:\s+\[(?P<instance>[^\[\]]*)\])?", re.DOTALL
)

# Twice what DNS allows; the pattern's time grows with the square of the length.
_LONGEST_NAME = 512


class Host(NamedTuple):
    """`name`: address or DNS name; `label`: the cloud's name tag; `instance_id`: `i-…` or `ws-…`. Empty = not known."""

    name: str = ""
    label: str = ""
    instance_id: str = ""

    @property
    def id(self) -> str:
        """What Datadog knows the host by: the instance id where there is one, else the name."""
        return self.instance_id or self.name or self.label

    @property
    def display(self) -> str:
        """What a person knows the host by."""
        return self.label or self.name or self.instance_id

    @classmethod
    def from_display_name(cls, text: str) -> Host:
        """Takes `NAME (LABEL) [INSTANCE-ID]` apart; anything else is a name as it stands."""
        match = _DISPLAY_NAME.fullmatch(text[:_LONGEST_NAME].strip())
        name, label, instance_id = match.groups("") if match else (text, "", "")
        return cls(name.strip(), label.strip(), instance_id.strip())


class Event:
    """A read-only view of the event's properties, and what is derived of them.

    kind: the row of the table for its type. known_severity: None when the event does not tell.
    rank: severity times asset value as Deep Security ranks it; None for types without a rank.
    time: `LogDate`, in UTC; None when it is missing or cannot be read.
    """

    __slots__ = ("host", "kind", "known_severity", "properties", "rank", "time")

    def __init__(self, properties: Mapping[str, object]) -> None:
        self.properties = properties
        self.kind: EventType = event_type(properties)
        self.known_severity: Severity | None = self.kind.severity.decide(properties)
        self.rank: float | None = number(properties.get("Rank"))
        self.host: Host = _host(properties)
        self.time: datetime | None = time_of(properties.get("LogDate"))

    def texts(self) -> Texts:
        """Every property that holds something, as stripped text. Not kept, to save memory in large batches."""
        return {
            name: text
            for name, value in self.properties.items()
            if (text := value.strip() if type(value) is str else as_text(value).strip())
        }

    @property
    def type(self) -> str:
        """`EventType` as it came, empty when there is none."""
        return self.kind.name

    @property
    def is_test(self) -> bool:
        """Whether this is what Deep Security's test button sends. It passes every filter: the button proves the way."""
        return self.kind.name == "TestSNS"

    @property
    def severity(self) -> Severity:
        """`info` when the event does not tell."""
        known = self.known_severity
        return Severity.INFO if known is None else known


def _host(properties: Mapping[str, object]) -> Host:
    """The protected computer; for system events the target when that is one."""
    shown = text_of(properties, "Hostname")
    if not shown and text_of(properties, "TargetType") == "Host":
        shown = text_of(properties, "TargetName")
    host = Host.from_display_name(shown)
    instance = text_of(properties, "HostInstanceID")
    return Host(host.name, host.label, instance) if instance else host
