"""The tags of an event, in the form that Datadog accepts (docs/reference/datadog-limits.md#tags)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.values import as_text, first, integer

from . import markdown

LONGEST_TAG = 200
# Of the v2 events intake; v1 names no number (docs/reference/datadog-limits.md#tags).
MOST_TAGS = 100
# Separates tags of cloud instances from ours and from keys that Datadog reserves.
INSTANCE_TAG_PREFIX = "instance_tag_"
# Everything but the characters of a word. Words are joined by one underscore.
_BETWEEN_WORDS = re.compile(r"(?:_|[^\w\-:./])+")
_BEFORE_LETTER = re.compile(r"^(?:[^\w:]|[\d_])+")
# A shortened one may begin and end with colons.
_IPV6 = re.compile(r"[0-9a-f:.]+")
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b", re.IGNORECASE)
_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")
# Texts that may name a CVE or a technique, written by Deep Security, not found in an attacker's traffic.
_FINDING_TEXTS = (
    "Reason", "Note", "Title", "Description", "MalwareName", "BehaviorType", "Cve", "Mitre", "ApplicationType",
    "OSSEC_Description", "OSSEC_Groups",
)  # fmt: skip
# How much of a value is searched: an attacker may have sent a megabyte.
_LONGEST_SEARCHED = 2000


def tag(key: str, value: str) -> str:
    """`key:value` in lower case with allowed characters; empty without a value."""
    text = _clean(markdown.truncate_middle(value, _LONGEST_SEARCHED))
    room = LONGEST_TAG - len(key) - 1
    if len(text) > room:
        text = _clean(markdown.truncate_middle(text, room))
    return f"{key}:{text}" if text else ""


def normalized(text: str) -> str:
    """What Datadog's Agent and its AWS integration make of `key:value`, so that events join other data."""
    text = _BEFORE_LETTER.sub("", _lower(text[:_LONGEST_SEARCHED]))[:LONGEST_TAG]
    return _BETWEEN_WORDS.sub("_", text).rstrip("_")


def configured_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """The user's tags as Datadog has them. texts: `key:value` or a word; without a key or a value it is left out."""
    return tuple(dict.fromkeys(filter(_is_whole, map(normalized, texts))))[:MOST_TAGS]


def tags_of(event: Event, *, account_id: str, configured: tuple[str, ...]) -> list[str]:
    """All tags of an event: its own, then the configured ones, which replace its own with the same key."""
    keys = {text.partition(":")[0] for text in configured}
    wanted = ((key, value) for key, value in _own_tags(event, account_id) if value and key not in keys)
    own = [tag(key, value) for key, value in islice(dict.fromkeys(wanted), MOST_TAGS)]
    instance = _instance_tags(event.properties.get("HostCloudInstanceTags"))
    own += [text for text in instance if text.partition(":")[0] not in keys]
    distinct = list(dict.fromkeys(filter(None, own)))
    return [*distinct[: MOST_TAGS - len(configured)], *configured]


def _own_tags(event: Event, account_id: str) -> list[tuple[str, str]]:
    """Keys and values, without the instance's tags."""
    event_type, host, texts = event.event_type, event.host, event.texts
    aws_account = texts.get("HostOwnerID", "") if texts.get("HostCloudType", "amazon") == "amazon" else ""
    finding_text = " ".join([texts[name][:_LONGEST_SEARCHED] for name in _FINDING_TEXTS if name in texts])
    return [
        ("integration", "deep_security"),
        ("event_type", event_type.name or "unknown"),
        ("module", event_type.module.lower().replace("-", "_")),
        ("severity", event.severity.label),
        ("action", event.action),
        ("detect_only", as_text(event.detect_only)),
        *[(key, value(texts)) for key, value in event_type.tags.items()],
        ("rank", as_text(integer(event.rank))),
        ("policy", texts.get("HostSecurityPolicyName", "")),
        ("tenant", first(texts, ("TenantName", "TenantID", "TenantGUID"))),
        # `Amazon Linux 2` of `Amazon Linux 2 (64 bit) (5.10.0-…)`: builds would make too many values.
        ("host_os", texts.get("HostOS", "").partition(" (")[0]),
        ("host_name", host.display),
        *event.below_host.items(),
        ("instance-id", host.instance_id),
        ("aws_account", aws_account),
        ("topic_account", account_id),
        *[("cve", found.lower()) for found in _CVE.findall(finding_text)],
        *[("mitre_technique", found) for found in _TECHNIQUE.findall(finding_text)],
        *[("ds_tag", part.strip()) for part in texts.get("Tags", "")[:_LONGEST_SEARCHED].split(",")],
    ]


def _instance_tags(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, content in islice(value.items(), MOST_TAGS):
            found = normalized(f"{as_text(key)[:LONGEST_TAG].replace(':', '_')}:{as_text(content)}")
            if _is_whole(found):
                yield f"{INSTANCE_TAG_PREFIX}{found}"[:LONGEST_TAG].rstrip("_")


def _is_whole(found: str) -> bool:
    key, colon, value = found.partition(":")
    return bool(key) and (bool(value) or not colon)


def _clean(text: str) -> str:
    """Lower-case words joined by one underscore. A word keeps the punctuation within: `192.0.2.1:80`, `/etc/passwd`."""
    found = _BETWEEN_WORDS.split(_lower(text if text.isascii() else markdown.visible(text)))
    words = [word if "::" in word and _IPV6.fullmatch(word) else word.lstrip(":").rstrip(":.-") for word in found]
    return "_".join([word for word in words if any(map(str.isalnum, word)) or word == "::"])


def _lower(text: str) -> str:
    """In lower case, with blanks for what counts but is no digit: superscripts, fractions, Roman numerals."""
    if text.isascii():
        return text.lower()
    return "".join([one.lower()[0] if one.isalpha() or one.isdecimal() or not one.isalnum() else " " for one in text])
