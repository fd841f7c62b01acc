"""The tags of an event."""

import json
from pathlib import Path
from typing import Any

import pytest

from deep_security_datadog.datadog.tags import MOST_TAGS, configured_tags, normalized, tag, tags_of
from deep_security_datadog.deep_security.event import Event

RECORDED = json.loads((Path(__file__).parent / "recorded_tags.json").read_text(encoding="utf-8"))


def tags(configured: tuple[str, ...] = (), **properties: Any) -> list[str]:
    return tags_of(Event(properties), account_id="", configured=configured_tags(configured))


def values(key: str, **properties: Any) -> list[str]:
    found = (text.partition(":") for text in tags(**properties))
    return [value for name, _, value in found if name == key]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Web Servers", "policy:web_servers"),
        ("  a / b ", "policy:a_b"),
        ("1000001 - CVE-2021-44228 (x)", "policy:1000001_cve-2021-44228_x"),
        ("a__b -- c., d:", "policy:a_b_c_d"),
        (r"C:\Windows\x.exe", "policy:c_windows_x.exe"),
        ("/etc/ssh/sshd_config", "policy:/etc/ssh/sshd_config"),
        ("2001:db8::1", "policy:2001:db8::1"),
        ("::1", "policy:::1"),
        ("::", "policy:::"),
        ("a:: ::x", "policy:a::_x"),
        ("文書", "policy:文書"),
        (":_a_:", "policy:a"),
        # Long values differ in their ends.
        ("x" * 3000 + "y", f"policy:{'x' * 96}_{'x' * 95}y"),
        ("x" * 95 + " " * 10 + "y" * 200, f"policy:{'x' * 95}_{'y' * 96}"),
        # Letters that nobody sees.
        ("ad\u3164min\u115f", "policy:ad_min"),
        ("", ""),
        ("!?", ""),
        # Neither letters nor decimal digits.
        ("1²½Ⅷ", "policy:1"),
        ("x²y", "policy:x_y"),
        ("\u0391\u03a3 \u0130", "policy:\u03b1\u03c3_i"),
    ],
)
def test_a_tag_has_the_form_that_datadog_takes(value: str, expected: str) -> None:
    assert tag("policy", value) == expected


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: row["sent"][:20])
def test_tags_are_what_datadog_makes_of_the_same_text(row: dict[str, str]) -> None:
    name, _, sent = row["sent"].partition(" ")
    if name == "ddtags":
        assert {normalized(each) for each in sent.split(",")} == set(row["stored"].split())
    elif name == "ddsource":
        assert normalized(f"source:{sent}") == row["stored"]
    else:
        assert normalized(row["sent"]) == row["stored"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env:Prod - EU", ("env:prod_-_eu",)), ("1team:x", ("team:x",)), ("key:-x-", ("key:-x-",)),
        ("policy:1²", ("policy:1",)), ("serv:erless:", ("serv:erless:",)),
        # Datadog takes no empty value, and a tag without a key is a mistake.
        ("team:", ()), (":x", ()), ("1:x", ()), ("", ()),
    ],
)  # fmt: skip
def test_configured_tags(text: str, expected: tuple[str, ...]) -> None:
    assert configured_tags((text,)) == expected
    # The same text as a tag of the instance joins it, too.
    key, _, value = text.partition(":")
    found = [one for one in tags(HostCloudInstanceTags={key: value}) if one.startswith("instance_tag_")]
    assert not value or found == [f"instance_tag_{one}" for one in expected]


def test_configured_tags_are_distinct_and_bounded() -> None:
    assert configured_tags(("Env:Prod", "x", "x", "env:prod")) == ("env:prod", "x")
    assert len(configured_tags([f"tag{number}" for number in range(200)])) == MOST_TAGS


@pytest.mark.parametrize(
    ("key", "properties", "expected"),
    [
        ("url_host", {"EventType": "WebReputationEvent", "URL": "http://[2001:db8::bad]:8080/x"}, ["2001:db8::bad"]),
        ("url_port", {"EventType": "WebReputationEvent", "URL": "http://[2001:db8::bad]:8080/x"}, ["8080"]),
        ("url_port", {"EventType": "WebReputationEvent", "URL": "http://[2001:db8::bad]/x"}, []),
        # An account of another cloud is none of AWS.
        ("aws_account", {"HostOwnerID": "1", "HostCloudType": "amazon"}, ["1"]),
        ("aws_account", {"HostOwnerID": "1", "HostCloudType": "azure"}, []),
        ("cve", {"Reason": "1 - CVE-2021-44228 (ATT&CK T1190, T1078.002), cve-2021-44228"}, ["cve-2021-44228"]),
        ("mitre_technique", {"Reason": "1 - CVE-2021-44228 (ATT&CK T1190, T1078.002)"}, ["t1190", "t1078.002"]),
        ("ds_tag", {"Tags": "ops, Review"}, ["ops", "review"]),
        # The first line of an alert's description is its name, unless it is a number.
        *(
            ("finding", {"EventType": "SystemEvent", "Number": 190, "Description": name}, found)
            for name, found in (("Offline", ["offline"]), ("7", []))
        ),
        # Of a long text only the beginning is searched.
        ("cve", {"Reason": "x " * 1_000_000 + "CVE-2021-44228"}, []),
        ("ds_tag", {"Tags": "a," * 1_000_000 + "b"}, ["a"]),
    ],
)
def test_facts_as_tags(key: str, properties: dict[str, Any], expected: list[str]) -> None:
    assert values(key, **properties) == expected


def test_configured_tags_replace_own_ones() -> None:
    """What an event's own tags are is in the golden files."""
    assert tags() == ["integration:deep_security", "event_type:unknown", "module:unknown_module", "severity:info"]
    instance = {"Name": "web", "team": "blue"}
    found = tags(("tenant:b", "Env:Prod", "instance_tag_team:red"), TenantName="A", HostCloudInstanceTags=instance)
    assert found[4:] == ["instance_tag_name:web", "tenant:b", "env:prod", "instance_tag_team:red"]


def test_tags_are_bounded_before_they_are_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned = []

    def clean(text: str) -> str:
        cleaned.append(text)
        return text

    monkeypatch.setattr("deep_security_datadog.datadog.tags._clean", clean)
    tags(Tags=",".join(map(str, range(990))), Note="CVE-2024-" + " CVE-2024-".join(map(str, range(1000, 1990))))
    assert len(cleaned) == MOST_TAGS


def test_tags_of_an_instance_have_a_prefix() -> None:
    """Datadog reserves keys such as `source`."""
    instance = {"Name": "web", "team name": "Blue!", "a:b": "c", "source": "x", "empty": "", "!": "x"}
    assert tags(HostCloudInstanceTags=instance)[4:] == [
        "instance_tag_name:web",
        "instance_tag_team_name:blue",
        "instance_tag_a_b:c",
        "instance_tag_source:x",
    ]


def test_configured_tags_have_room() -> None:
    many = {f"key{number}": "value" for number in range(300)}
    found = tags(("env:prod", "x"), HostCloudInstanceTags=many)
    assert len(found) == MOST_TAGS and found[-2:] == ["env:prod", "x"]
