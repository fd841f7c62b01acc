"""Tags as Datadog takes them (https://docs.datadoghq.com/getting_started/tagging/ and reference datadog-apis, 1.10)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from .event import Event
from .event_types import Texts, first
from .markdown import LONGEST_KNOWN
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
# Of rules most are shorter.
_LONGEST_KNOWN_RULE = 160


def tag(key: str, value: str) -> str:
    """`key:value` in lower case with allowed characters; empty when there is no value."""
    # Policies and rules come again and again. An attacker's values are many or long, and must not fill the memory.
    return _known_tag(key, value) if len(value) <= LONGEST_KNOWN else _tag(key, value)


def _tag(key: str, value: str) -> str:
    text = _clean(value[:_SEARCHED])
    return f"{key}:{text}"[:LONGEST_TAG].rstrip(":_") if text else ""


_known_tag = lru_cache(maxsize=512)(_tag)


def tags_of(event: Event, texts: Texts, *, account_id: str, configured: tuple[str, ...]) -> list[str]:
    """All tags of an event: its own, then the configured ones, which replace own ones of the same key.

    texts: `event.texts()`. account_id: of the topic that it came by, empty when unknown.
    """
    added, keys = _configured(configured)
    own = [tag(key, value) for key, value in _own(event, texts, account_id) if value and key not in keys]
    instance = _instance_tags(event.properties.get("HostCloudInstanceTags"))
    own += [text for text in instance if text.partition(":")[0] not in keys]
    kept = dict.fromkeys(filter(None, own))
    return [*list(kept)[: MOST_TAGS - len(added)], *added]


def _own(event: Event, texts: Texts, account_id: str) -> list[tuple[str, str]]:
    """Keys and values, but for the instance tags."""
    kind, host = event.kind, event.host
    detect_only = kind.detect_only(texts)
    rule_text = " ".join([texts[name][:_SEARCHED] for name in _RULE_TEXT if name in texts])
    return [
        ("integration", "deep_security"),
        ("event_type", kind.name or "unknown"),
        ("module", kind.slug),
        ("severity", event.severity.label),
        ("action", kind.action(texts)),
        ("detect_only", "" if detect_only is None else as_text(detect_only)),
        ("rule", first(texts, kind.rule)),
        ("rank", "" if event.rank is None else as_text(integer(event.rank))),
        ("policy", texts.get("HostSecurityPolicyName", "")),
        ("tenant", first(texts, ("TenantName", "TenantID"))),
        ("host_os", _system(texts.get("HostOS", ""))),
        ("host_name", host.display),
        ("instance-id", host.instance_id),
        ("aws_account", _aws_account(texts)),
        ("topic_account", account_id),
        *(_known_findings(rule_text) if len(rule_text) <= _LONGEST_KNOWN_RULE else _findings(rule_text)),
        *[("ds_tag", part) for part in texts.get("Tags", "")[:_SEARCHED].split(",")],
    ]


def _findings(rule_text: str) -> list[tuple[str, str]]:
    """The vulnerabilities and techniques that the text names."""
    vulnerabilities = [("cve", found.upper()) for found in _CVE.findall(rule_text)]
    return vulnerabilities + [("mitre_technique", found) for found in _TECHNIQUE.findall(rule_text)]


_known_findings = lru_cache(maxsize=128)(_findings)


def _instance_tags(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, content in value.items():
            name, text = as_text(key), as_text(content)
            short = len(name) <= LONGEST_KNOWN and len(text) <= LONGEST_KNOWN
            yield _known_instance_tag(name, text) if short else _instance_tag(name, text)


def _instance_tag(key: str, text: str) -> str:
    name = _clean(key).replace(":", "_")
    return _tag(f"{INSTANCE_TAG_PREFIX}{name}", text) if name else ""


_known_instance_tag = lru_cache(maxsize=256)(_instance_tag)


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
