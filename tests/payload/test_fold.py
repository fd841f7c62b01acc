"""Which events of a message are identical, and what one that stands for others knows of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.datadog.request import Repeats
from deep_security_datadog.datadog.text import title
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.fold import fold, fold_key
from tests.support import item

# Events of few values, so that the same one comes often.
VALUES = st.sampled_from(["a", "b", "N/A", "", 0, 1, 2, 3, 130, 190, "192.0.2.1", "w (db) [i-1]", "//a/b", "Alert: a"])
FACTS = {name for row in EVENT_TYPES.values() for fact in row.facts for name in fact.properties}
NAMES = st.sampled_from(
    sorted(FACTS | {"Severity", "SeverityString", "Rank", "HostAssetValue", "Hostname", "HostInstanceID"})
)
EVENT = st.builds(
    lambda name, properties: {"EventType": name, **properties},
    st.sampled_from(sorted(EVENT_TYPES)),
    st.fixed_dictionaries({"Reason": VALUES, "Title": VALUES}, optional={"Hostname": VALUES, "Description": VALUES}),
)

PACKET = {"EventType": "PacketLog", "Hostname": "web-1", "Reason": "Out Of Allowed Policy", "Action": 1}


@given(st.lists(st.one_of(st.none(), st.sampled_from("abcd"))))
def test_a_partition_in_order_that_folds_no_further(titles: list[str | None]) -> None:
    """Events with a title have an identity; without one they are never folded."""
    items = [item({"EventType": "SystemEvent", "EventID": n, "Title": title}) for n, title in enumerate(titles)]
    folded = fold(items)
    ids = [[entry["EventID"] for entry in one.parts] for one in folded]
    assert sorted(number for members in ids for number in members) == list(range(len(titles)))
    assert all(members == sorted(members) for members in ids)
    assert [members[0] for members in ids] == sorted(members[0] for members in ids)
    assert all(len({titles[number] for number in members}) == 1 for members in ids)
    assert all(len(members) == 1 for members in ids if titles[members[0]] is None)
    assert [one.repeats.total if one.repeats else 1 for one in folded] == [len(members) for members in ids]
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        # Another identity, or another severity, host, action or outcome in the title.
        ({"Reason": "Another"}, False),
        ({"Hostname": "web-2"}, False),
        ({"Action": 6}, False),
        ({"Rank": 1000}, False),
        ({"EventID": 7, "SourceIP": "203.0.113.9"}, True),
    ],
)
def test_no_event_hides_behind_one_that_is_less_severe_or_ended_otherwise(
    change: dict[str, Any], is_same: bool
) -> None:
    one = {**PACKET, "HostInstanceID": "i-1"}
    assert (fold_key(Event(one)) == fold_key(Event({**one, **change}))) is is_same
    assert fold_key(Event({**one, "Reason": ""})) is None, "nothing says what it is"


@settings(max_examples=500)
@given(EVENT, st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
def test_events_that_differ_in_their_title_are_never_folded(one: dict[str, Any], change: dict[str, Any]) -> None:
    other = {**one, **change}
    events = Event(one), Event(other)
    if len({title(event) for event in events}) == 2:
        assert len(fold([item(one), item(other)])) == 2


def test_first_and_last_are_by_time_not_by_place() -> None:
    times = ["2024-05-14T09:42:00Z", None, "2024-05-14T09:40:00Z", "no time", "2024-05-14T11:41:00+02:00"]
    first, last = (datetime(2024, 5, 14, 9, minute, tzinfo=UTC) for minute in (40, 42))
    assert [one.repeats for one in fold([item({**PACKET, "LogDate": time}) for time in times])] == [
        Repeats(5, first, last)
    ]
    assert [one.repeats for one in fold([item(PACKET), item(PACKET)])] == [Repeats(total=2)]
