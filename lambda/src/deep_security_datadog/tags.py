"""Tags as Datadog takes them (https://docs.datadoghq.com/getting_started/tagging/ and reference datadog-apis, 1.10)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from .event import Event
from .event_types import Texts, first
from .values import as_text, integer

LONGEST_TAG = 200
# The v2 events intake takes 100 (reference: datadog-apis, section 2.2); v1 names no number.
MOST_TAGS = 100

# A user's instance tags are kept apart from ours, and cannot pass for Datadog's reserved keys.
INSTANCE_TAG_PREFIX = "instance_tag_"

_OTHER = re.compile(r"[^\w\-:./]+")
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b", re.IGNORECASE)
_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")
_RULE_TEXT = ("Reason", "OSSEC_Description", "Cve", "Mitre", "MalwareName")
# Only the beginning can matter, and an attacker may have sent a megabyte.
_SEARCHED = 2000


def tag(key: str, value: object) -> str:
    """`key:value` in lower case with allowed characters; empty when there is no value."""
    return _tag(key, as_text(value)[:_SEARCHED])


# Policies, rules and hosts come again and again; the bound is for those of an attacker.
@lru_cache(maxsize=1024)
def _tag(key: str, value: str) -> str:
    text = _clean(value)
    return f"{key}:{text}"[:LONGEST_TAG].rstrip(":_") if text else ""


def tags_of(event: Event, texts: Texts, *, account_id: str, configured: tuple[str, ...]) -> list[str]:
    """All tags of an event: its own, then the configured ones, which replace own ones of the same key.

    texts: `event.texts()`. account_id: of the topic that it came by, empty when unknown.
    """
    added, keys = _configured(configured)
    own = _own(event, texts, account_id)
    kept = dict.fromkeys(text for text in own if text and text.partition(":")[0] not in keys)
    return [*list(kept)[: MOST_TAGS - len(added)], *added]


def _own(event: Event, texts: Texts, account_id: str) -> Iterator[str]:
    kind, host = event.kind, event.host
    detect_only = kind.detect_only(texts)
    yield "integration:deep_security"
    yield tag("event_type", event.type or "unknown")
    yield tag("module", kind.slug)
    yield tag("severity", event.severity.label)
    yield tag("action", kind.action(texts))
    yield tag("detect_only", detect_only) if detect_only is not None else ""
    yield tag("rule", first(texts, kind.rule))
    yield tag("rank", integer(event.rank)) if event.rank is not None else ""
    yield tag("policy", texts.get("HostSecurityPolicyName"))
    yield tag("tenant", first(texts, ("TenantName", "TenantID")))
    yield tag("host_os", _system(texts.get("HostOS", "")))
    yield tag("host_name", host.display)
    yield tag("instance-id", host.instance_id)
    yield tag("aws_account", _aws_account(texts))
    yield tag("topic_account", account_id)
    rule_text = " ".join([texts[name][:_SEARCHED] for name in _RULE_TEXT if name in texts])
    yield from (tag("cve", found.upper()) for found in _CVE.findall(rule_text))
    yield from (tag("mitre_technique", found) for found in _TECHNIQUE.findall(rule_text))
    yield from (tag("ds_tag", part) for part in texts.get("Tags", "")[:_SEARCHED].split(","))
    yield from _instance_tags(event.properties.get("HostCloudInstanceTags"))


def _instance_tags(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, text in value.items():
            if name := _clean(as_text(key)).replace(":", "_"):
                yield tag(f"{INSTANCE_TAG_PREFIX}{name}", text)


def _aws_account(texts: Texts) -> str:
    return texts.get("HostOwnerID", "") if texts.get("HostCloudType", "amazon") == "amazon" else ""


def _system(text: str) -> str:
    """`Amazon Linux 2` of `Amazon Linux 2 (64 bit) (5.10.0-…)`: kernels and builds would make too many values."""
    return text.partition(" (")[0]


@lru_cache(maxsize=1)
def _configured(texts: tuple[str, ...]) -> tuple[list[str], frozenset[str]]:
    """The configured tags as Datadog takes them, and their keys; the same for all events."""
    added = list(dict.fromkeys(filter(None, map(_cleaned, texts))))[:MOST_TAGS]
    return added, frozenset(text.partition(":")[0] for text in added)


def _cleaned(text: str) -> str:
    key, colon, value = text.partition(":")
    cleaned = _clean(key)
    if not colon:
        return cleaned[:LONGEST_TAG]
    return tag(cleaned, value)


def _clean(text: str) -> str:
    return _OTHER.sub("_", text.lower().strip()).strip("_:")
