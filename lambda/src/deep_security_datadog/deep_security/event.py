"""One Deep Security event. Any JSON object is one: odd values give defaults, never an exception."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Self

from deep_security_datadog.values import Texts, first, meaningful, number, time_of

from .event_types import event_type
from .facts import BELOW_HOST, EventType
from .severity import Severity

# `ec2-198-51-100-1.example.com (web-1) [i-0bbafc95]`: name, label and instance id; label and id may be empty or missing
# (docs/reference/deep-security-events.md#display-names). The name grows by words, not by characters.
_DISPLAY_NAME = re.compile(
    r"(?P<name>\S*+(?:\s+\S++)*?)(?:\s+\((?P<label>.*?)\))?(?:\s+\[(?P<instance>(?:[a-z]{1,3}-[0-9a-z]{1,32}|[0-9a-f-]{32,40})?)\])?",
    re.DOTALL | re.IGNORECASE,
)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,41}")
_LOCAL = re.compile(r"(?:ip6-)?localhost\d?(?:\.localdomain\d?)?|127(?:\.\d{1,3}){3}|::1?|0\.0\.0\.0", re.IGNORECASE)
# Twice what DNS allows; the pattern's time grows with the square of the length.
_LONGEST_DISPLAY_NAME = 512


class Host(NamedTuple):
    """A protected computer; what is unknown is empty.

    name: address or DNS name. label: the cloud's name tag, or an address or a name again. instance_id: `i-…` or `ws-…`.
    address: the last one used. uid: the manager's identifier.
    """

    name: str = ""
    label: str = ""
    instance_id: str = ""
    address: str = ""
    uid: str = ""

    @property
    def id(self) -> str:
        """Its name in Datadog: the instance id, else the name, else the label; a name rather than an address."""
        return self.instance_id or _name_of(self.name, self.label, self.address) or self.uid

    @property
    def identity(self) -> str:
        """What tells it from others: as `id`, but an identifier of the manager rather than an address."""
        return self.uid if self.uid and _ADDRESS.fullmatch(self.id) else self.id

    @property
    def display(self) -> str:
        """For people: the label, else the name, the instance id, the address or `computer ID`."""
        known = _name_of(self.label, self.name) or self.instance_id or _name_of(self.address)
        return known or (f"computer {self.uid}" if self.uid else self.name)

    @classmethod
    def from_display_name(cls, text: str) -> Self:
        """Reads `NAME (LABEL) [INSTANCE-ID]`; anything else is a name."""
        text = text[:_LONGEST_DISPLAY_NAME].strip()
        match = _DISPLAY_NAME.fullmatch(text)
        name, label, instance_id = match.groups("") if match else (text, "", "")
        return cls(meaningful("Hostname", name), meaningful("Hostname", label), instance_id.strip())


def _name_of(*texts: str) -> str:
    """The first that is a name, else the first address. What every computer calls itself is neither."""
    known = [text for text in texts if text and not _LOCAL.fullmatch(text)]
    return next((text for text in known if not _ADDRESS.fullmatch(text)), known[0] if known else "")


class Event:
    """An event's properties and what follows from them. Nothing changes them.

    texts: the properties that hold something as stripped text; placeholders such as `N/A` hold nothing.
    event_type: the row of the table; subject, detail, action and detect_only are what it makes of the event.
    known_severity: None if the event does not tell; severity is `info` then.
    rank: severity times asset value, None for types without a rank (docs/reference/deep-security-events.md#ranks).
    time: `LogDate` in UTC, None if missing or unreadable.
    below_host: container, image and pod by the names of their tags, as far as they are known. container: for people.
    """

    def __init__(self, properties: Mapping[str, object]) -> None:
        texts: Texts = {name: text for name, value in properties.items() if (text := meaningful(name, value))}
        row: EventType = event_type(properties)
        self.properties, self.texts, self.event_type = properties, texts, row
        self.is_test = row.name == "TestSNS"
        self.subject, self.detail, self.action = row.subject(texts), row.detail(texts), row.action(texts)
        self.detect_only: bool | None = row.detect_only(texts)
        self.known_severity: Severity | None = row.severity(texts)
        self.severity = Severity.INFO if self.known_severity is None else self.known_severity
        self.rank: float | None = number(properties.get("Rank"))
        self.host: Host = _host(texts)
        self.time: datetime | None = time_of(properties.get("LogDate"))
        self.below_host = {name: text for name, names in BELOW_HOST.items() if (text := first(texts, names))}
        self.container = first(self.below_host, ("container_name", "container_id", "pod_id"))

    @property
    def identity(self) -> tuple[str, ...] | None:
        """Place, and what the table names for the type, to group and fold by; None if nothing says what happened."""
        if not self.subject:
            return None
        tags = self.event_type.tags
        parts = [(tags[part] if isinstance(part, str) else part)(self.texts) for part in self.event_type.identity]
        return (*self.place, *(parts if any(parts) else (self.subject,)))

    @property
    def place(self) -> tuple[str, ...]:
        """Tenant, type, host, and what sits below the host."""
        tenant = first(self.texts, ("TenantGUID", "TenantID", "TenantName"))
        below = (f"{name}:{text}" for name, text in self.below_host.items())
        return (tenant, self.event_type.name, self.host.identity, *below)


def _host(texts: Texts) -> Host:
    """The protected computer; for a system event its target, if that is a computer."""
    is_target = texts.get("TargetType") == "Host"
    host = Host.from_display_name(first(texts, ("Hostname", "TargetName") if is_target else ("Hostname",)))
    return host._replace(
        instance_id=texts.get("HostInstanceID", host.instance_id),
        address=texts.get("HostLastIPUsed", ""),
        uid=first(texts, ("HostGUID", "HostID", "HostAgentGUID", "TargetID" if is_target else "HostVCUUID")),
    )
