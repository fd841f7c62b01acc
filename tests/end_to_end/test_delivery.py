"""Published as Deep Security publishes, received as Datadog shows it: the real zip behind real Terraform."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from tests.end_to_end.stack import Copy
from tests.end_to_end.traffic import Received
from tools import samples

CLOUD, OTHER = "i-0123456789abcdef0", "i-0fedcba9876543210"
# A severity and a host of each type, as section 4 of the design says, told from the samples by hand.
SHOWN = [
    ("event_type:systemevent", "info", CLOUD),
    ("event_type:packetlog", "warning", CLOUD),
    ("event_type:payloadlog", "error", CLOUD),
    ("event_type:antimalwareevent", "warning", CLOUD),
    ("event_type:antimalwareevent", "warning", "サーバー-01"),
    ("event_type:webreputationevent", "error", CLOUD),
    ("event_type:integrityevent", "warning", CLOUD),
    ("event_type:loginspectionevent", "error", CLOUD),
    ("event_type:appcontrolevent", "info", CLOUD),
    ("event_type:devicecontrolevent", "warning", OTHER),
]


def ten_events() -> list[dict[str, Any]]:
    """One message of nine types; anti-malware comes twice."""
    messages = samples.messages()
    return [*messages["mixed-array"], *samples.events_of(messages["DeviceControlEvent"])[:1]]


def by_event(received: Received, published: list[Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each published event with the one that tells its EventID."""
    return [
        (event, next(got for got in received if f"`{event['EventID']}`" in got["text"]))
        for event in published
        if "EventID" in event
    ]


def happened(event: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(event["LogDate"]).timestamp())


def test_ten_events_of_nine_types_in_one_message(defaults: Copy) -> None:
    """And nothing of them, nor the key, is in the log."""
    published = ten_events()
    defaults.publish(published)
    received = defaults.received(10)
    for event, got in by_event(received, published):
        assert got["date_happened"] == happened(event)
        assert f"event_type:{event['EventType'].lower()}" in got["tags"]
        assert got["text"].startswith("%%% \n")
        assert got["text"].endswith("\n %%%")
    assert len({got["text"] for got in received}) == 10
    tagged = [(tag, got) for got in received for tag in got["tags"] if tag.startswith("event_type:")]
    assert Counter((tag, got["alert_type"], got.get("host")) for tag, got in tagged) == Counter(SHOWN)
    log = "\n".join(defaults.aws.function_log(defaults.outputs["function_name"]))
    assert log
    assert defaults.api_key not in log
    # Short values, such as "TCP" or an id of two digits, could stand there for another reason.
    values = {str(value) for event in published for value in event.values() if len(str(value)) > 8}
    assert len(values) > 100
    assert not [value for value in values if value in log]


@pytest.mark.parametrize("delivery", ["queue", "direct"])
def test_each_sample_message_arrives_once(defaults: Copy, direct: Copy, delivery: str) -> None:
    copy = {"queue": defaults, "direct": direct}[delivery]
    published: list[object] = []
    for message in samples.messages().values():
        published += samples.events_of(message)
        copy.publish(message)
        if delivery == "direct":
            # Messages at the same time would start an environment each, too many for two cores.
            copy.received(len(published))
    received = copy.received(len(published))
    tests = [got for got in received if "event_type:testsns" in got["tags"]]
    assert len(tests) == 1
    found = by_event(received, published)
    assert len({got["text"] for _, got in found}) == len(published) - 1


def test_two_copies_do_not_mix(defaults: Copy, direct: Copy) -> None:
    message = samples.events_of(samples.messages()["SystemEvent"])
    defaults.publish([message[0]])
    direct.publish([message[1]])
    [in_queue], [in_direct] = defaults.received(1), direct.received(1)
    assert str(message[0]["EventID"]) in in_queue["text"]
    assert str(message[1]["EventID"]) in in_direct["text"]


def test_samples_are_what_deep_security_writes() -> None:
    written = samples.encode({"URL": "http://a/?b=<c>&d='", "Name": "サーバー"})
    assert written == r'{"URL":"http://a/?b\u003d\u003cc\u003e\u0026d\u003d\u0027","Name":"サーバー"}'
    assert json.loads(written) == {"URL": "http://a/?b=<c>&d='", "Name": "サーバー"}
