"""Datadog's standard attributes of a log. A facet takes values of one kind (docs/reference/datadog-limits.md#logs)."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import REVERSE_FLOWS, flow, target_type
from deep_security_datadog.deep_security.facts import Value, first_of, full_path, url_place, without_credentials
from deep_security_datadog.values import Texts, address, first, integer

from .markdown import plain

_LONGEST_VALUE = 5000
# What may stand in a URL, without what makes a mention or a link of it.
_IN_URLS = "%:/?#[]!$&'*+,;="
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def standard_attributes(event: Event) -> dict[str, Any]:
    """Nested, as Datadog reads them. A value of another kind is left out."""
    found: dict[str, Any] = {}
    for attribute, (kind, value) in ATTRIBUTES.items():
        if (text := value(event.texts)) and (typed := kind(text[:_LONGEST_VALUE])) is not None:
            *parents, name = attribute.split(".")
            fields = found
            for parent in parents:
                fields = fields.setdefault(parent, {})
            fields[name] = typed
    return found


def port(text: str) -> int | None:
    number = integer(text)
    return number if number is not None and 0 <= number < 1 << 16 else None


def url(text: str) -> str:
    """Without user and password. Not as `plain` has it: Datadog takes it to pieces."""
    return quote(_LONE_PERCENT.sub("%25", without_credentials(text)), safe=_IN_URLS, errors="replace")


def _end(name: str, other: str, *names: str) -> Value:
    """A property of one end of a connection: in the reverse flow, packets go from its server to its client."""
    return lambda texts: texts.get(other if flow(texts) in REVERSE_FLOWS else name) or first(texts, names)


def _path(texts: Texts) -> str:
    is_file = texts.get("EntityType", "").lower() in ("file", "directory")
    is_target = "file" in target_type(texts).lower() and texts.get("AMTarget") != "Multiple"
    name = "Key" if is_file else "AMTarget" if is_target else ""
    return texts.get("InfectedFilePath") or full_path(texts) or texts.get(name, "")


def _url(texts: Texts) -> str:
    """OSSEC has other things in `OSSEC_URL`, too, such as the directory of a `sudo`."""
    return texts.get("URL") or (found if "://" in (found := texts.get("OSSEC_URL", "")) else "")


# Name and id of a user, of whom an event may name several.
_ACCOUNTS = (
    (("ActionBy",), ("AdministratorID",)),
    # Of a logon the account that was used.
    (("OSSEC_DestinationUser", "OSSEC_SourceUser"), ()),
    (("UserName", "User"), ("UserID",)),
)
_SID = re.compile(r"S-1-[\d-]+", re.IGNORECASE)


def _account(texts: Texts) -> tuple[str, str]:
    """Name and id of one user: the first with a name, else with an id. A SID in place of a name is an id."""
    only_id = ""
    for names, ids in _ACCOUNTS:
        name, ident = first(texts, names), first(texts, ids)
        if name and not _SID.fullmatch(name):
            return name, ident
        only_id = only_id or ident or name
    return "", only_id


_TO_PORT = _end("DestinationPort", "SourcePort", "OSSEC_DestinationPort")
# Of all types of event: the kind of each, which is a function, and what it is read from.
ATTRIBUTES: Mapping[str, tuple[Callable[[str], str | int | None], Value]] = {
    "network.client.ip": (address, _end("SourceIP", "DestinationIP", "OSSEC_SourceIP")),
    "network.client.port": (port, _end("SourcePort", "DestinationPort", "OSSEC_SourcePort")),
    "network.destination.ip": (address, _end("DestinationIP", "SourceIP", "TargetIP", "OSSEC_DestinationIP")),
    "network.destination.port": (port, lambda texts: _TO_PORT(texts) or url_place(texts).known_port),
    "http.url": (url, _url),
    "usr.name": (plain, lambda texts: _account(texts)[0]),
    "usr.id": (plain, lambda texts: _account(texts)[1]),
    "process.name": (plain, first_of("ProcessName", "Process", "OSSEC_ProgramName")),
    "file.path": (plain, _path),
    "file.hash.sha256": (plain, first_of("FileSHA256", "SHA256")),
    "file.hash.sha1": (plain, first_of("FileSHA1", "SHA1", "IsHash")),
    "file.hash.md5": (plain, first_of("FileMD5", "MD5")),
}
