"""Title and text of an event: what comes first, what is left out first, and which times Datadog takes."""

import re
from datetime import timedelta
from typing import Any

import pytest

from deep_security_datadog.aws.envelope import Notification
from deep_security_datadog.datadog.request import Context, Repeats
from deep_security_datadog.datadog.text import date_happened, in_markdown, title
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from tests.golden import events_of_samples
from tests.support import NOW, item, sample


def title_of(**properties: Any) -> str:
    return title(Event(properties))


def text_of(
    properties: dict[str, Any],
    *,
    limit: int = 4000,
    repeats: Repeats | None = None,
    published: str = "",
    console_url: str | None = None,
) -> str:
    chosen = item(properties, Notification(timestamp=published), repeats)
    return in_markdown(chosen, Context(now=NOW, console_url=console_url), limit)


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("", {}, "[Info] Unknown module"),
        ("NewEvent", {"Hostname": "web"}, "[Info] NewEvent on web"),
        # In parentheses what happened to it, or else the action, unless that is the subject.
        ("IntegrityEvent", {"Reason": "R", "Key": "/a", "Change": 2}, "[Info] Integrity Monitoring: R (/a)"),
        ("PacketLog", {"Reason": "R", "Action": 1}, "[Medium] Firewall: R (Deny)"),
        ("PacketLog", {"Reason": "Deny", "Action": 1}, "[Medium] Firewall: Deny"),
        ("PacketLog", {"Action": 1}, "[Medium] Firewall (Deny)"),
        # A system event names what it is about, unless that is the host.
        ("SystemEvent", {"Title": "T", "TargetType": "User", "TargetName": "auditor"}, "[Info] System: T (auditor)"),
        ("SystemEvent", {"Title": "T", "TargetType": "Host", "TargetName": "w"}, "[Info] System: T on w"),
        # A placeholder is no value, not even a sentence.
        ("PacketLog", {"Reason": "None", "Action": 0}, "[Info] Firewall"),
        ("SystemEvent", {"Title": "T", "Number": 190, "Description": "Description Omitted"}, "[Medium] System: T"),
        # Without a name, a host has an identifier.
        ("PacketLog", {"Reason": "R", "HostID": 7}, "[Info] Firewall: R on computer 7"),
        ("PacketLog", {"Reason": "a\n@b", "Hostname": "w (%%%) []"}, "[Info] Firewall: a \uff20b on % %%"),
        (
            "PacketLog",
            {"Reason": "R", "ContainerID": "c" * 64, "Hostname": "web"},
            f"[Info] Firewall: R in {'c' * 15}…{'c' * 14} on web",
        ),
    ],
)
def test_a_title_says_how_severe_what_and_where(name: str, properties: dict[str, Any], expected: str) -> None:
    assert title_of(EventType=name, **properties) == expected


def test_a_long_title_keeps_all_its_parts() -> None:
    shown = title_of(EventType="IntegrityEvent", Reason="r" * 500, Key="k" * 500, Hostname="h" * 500)
    assert len(shown) == 200
    assert re.sub(r"([rkh])\1+", r"\1", shown) == "[Info] Integrity Monitoring: r…r (k…k) on h…h"
    shown = title_of(EventType="IntegrityEvent", Reason="r", Key="k" * 120, Hostname="h")
    assert shown == f"[Info] Integrity Monitoring: r ({'k' * 120}) on h", "what there is room for is not cut"
    assert len(title_of(EventType="x" * 10_000, Title="t" * 500, Hostname="h" * 500)) == 200


@pytest.mark.parametrize("name", ["PacketLog", "DeviceControlEvent", ""])
def test_an_unknown_severity_is_said(name: str) -> None:
    assert "**Info** (the event does not tell its severity)" in text_of({"EventType": name})


def test_without_facts_there_are_no_headings() -> None:
    assert text_of({"EventType": "SystemEvent", "Severity": 1}) == "%%% \n**Info** · System\n %%%"


def test_repeats_without_times() -> None:
    line = "**12 events like this one** in the same message. The facts are the first one's."
    assert f"\n{line}\n" in text_of({"EventType": "PacketLog", "Reason": "r"}, repeats=Repeats(12))


def test_a_long_value_is_a_block_where_its_lines_matter() -> None:
    shown = text_of({"EventType": "SystemEvent", "Description": "one\ntwo", "Title": "one\ntwo"})
    assert "- Event: `one two`\n- Description:\n\n```\none\ntwo\n```\n" in shown
    shown = text_of({"EventType": "SystemEvent", "Description": "x" * 5000, "Title": "x" * 5000})
    assert "```\n" + "x" * 1000 in shown and "x" * 1201 not in shown
    assert re.search(r"- Event: `x{150}…x{149}`", shown)


@pytest.mark.parametrize(
    ("properties", "shown"),
    [
        ({"EventType": "SystemEvent", "Severity": 2, "SeverityString": "Warning"}, False),
        ({"EventType": "SystemEvent", "Severity": 2, "SeverityString": "Warnung"}, True),
        ({"EventType": "SystemEvent", "Severity": 1, "Number": 190}, True),
        ({"EventType": "PacketLog", "Severity": 4, "Action": 1}, True),
        ({"EventType": "PacketLog", "Rank": "high"}, True),
        ({"EventType": "PacketLog", "Rank": "50"}, False),
    ],
)
def test_a_severity_that_is_passed_over_is_shown(properties: dict[str, Any], shown: bool) -> None:
    assert ("**Other properties**" in text_of(properties)) is shown


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_no_property_is_passed_over(name: str) -> None:
    """Each says something of its own here, so that none may stand for another."""
    others = {"Severity", "SeverityString", "Rank", "Hostname", "Origin", "OriginString", "NewProperty"}
    properties = {
        other: f"value{number:03}" for number, other in enumerate(EVENT_TYPES[name].shown_properties | others)
    }
    shown = text_of({"EventType": name, **properties}, limit=100_000)
    assert [other for other, value in properties.items() if value not in shown] == []


def test_others_are_sorted_and_counted() -> None:
    shown = text_of({f"New{number:03}": "x" for number in reversed(range(150))}, limit=10_000)
    assert re.findall(r"New(\d+)", shown) == [f"{number:03}" for number in range(100)]
    assert "- … and 50 more" in shown


def test_the_least_important_is_cut_first() -> None:
    """The shorter the limit, the more sections are gone, each of them from its end."""
    properties = {**sample("PayloadLog")[0], "NewProperty": "n", "TenantGUID": "g"}
    order = ["`NewProperty`", "Tenant GUID", "Event id", "Instance tags", "Computer:", "Published"]
    order += ["[Open", "Source:", "Rule:"]
    gone: list[str] = []
    for limit in range(4000, 130, -10):
        shown = text_of(properties, limit=limit, published="2024-05-14T09:47:00Z", console_url="https://c/")
        assert len(shown) <= limit and shown.startswith("%%% \n**High**")
        assert not gone or re.search(r"_\d+ lines? left out: the event is too long\._", shown)
        gone += [part for part in order if part not in shown and part not in gone]
    assert gone == order


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), True),
        (timedelta(hours=17, minutes=45), True),
        (timedelta(hours=17, minutes=46), False),
        (timedelta(seconds=-59), True),
        (timedelta(minutes=-2), False),
    ],
)
def test_times_that_datadog_takes(age: timedelta, expected: bool) -> None:
    happened = NOW - age
    properties = {"EventType": "SystemEvent", "LogDate": happened.isoformat().replace("+00:00", "Z")}
    seconds = date_happened(Event(properties), NOW)
    assert (seconds is not None) == expected
    if seconds is not None:
        assert seconds == min(happened, NOW).timestamp()
    assert happened.strftime("%Y-%m-%d %H:%M:%S") in text_of(properties)
    assert ("outside of what Datadog takes" in text_of(properties)) != expected


# What stays under "Other properties": it tells neither who did what nor where.
OTHERS = {
    *("HostGroupID", "HostSecurityPolicyID"),  # numbers of what a fact names
    *("Severity", "SeverityString"),  # of an alert, whose own severity is shown
    *("DriverTime",),  # the time in microseconds
    *("Status", "DataFlags", "DataIndex", "Type", "IPDatagramLength", "PosInBuffer", "PosInStream"),  # codes, positions
    *("ATSEDetectionLevel", "EngineType", "MalwareType"),  # of the scanner; the kind of malware is a fact
}


@pytest.mark.parametrize(("name", "properties"), list(events_of_samples()))
def test_who_did_what_and_where_is_no_other_property(name: str, properties: dict[str, Any]) -> None:
    others = text_of(properties, limit=100_000).partition("**Other properties**")[2]
    assert set(re.findall(r"^- `(\w+)`", others, re.MULTILINE)) <= OTHERS
