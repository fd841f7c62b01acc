"""Whatever AWS wraps around a message, the same events come out, and each entry knows what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from deep_security_datadog.envelope import Entry, Notification, open_envelope
from deep_security_datadog.outcome import Answer, Outcome
from tests.support import sample, sqs_record

EVENTS = [{"EventType": "SystemEvent", "EventID": 1}, {"EventType": "PacketLog", "EventID": 2}]


def sns_record(message: object) -> dict[str, Any]:
    return {"EventSource": "aws:sns", "Sns": {"Message": json.dumps(message), "MessageId": "m-1", "TopicArn": "a:b:c"}}


def destination_record(request: object) -> dict[str, Any]:
    """What Lambda's on-failure destination puts into the dead-letter queue."""
    return {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": request,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "x"},
    }


FORMS = {
    "plain SNS": {"Records": [sns_record(EVENTS)]},
    "SNS in SQS": {"Records": [sqs_record(EVENTS)]},
    "one event a record": {"Records": [sns_record(EVENTS[:1]), sns_record(EVENTS[1:])]},
    "single objects": {"Records": [sns_record(EVENTS[0]), sns_record(EVENTS[1])]},
    "raw in SQS": {"Records": [{"eventSource": "aws:sqs", "messageId": "r", "body": json.dumps(EVENTS)}]},
    "bare": EVENTS,
    "failed invocation, invoked": destination_record({"Records": [sns_record(EVENTS)]}),
    "failed invocation, in SQS": {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "messageId": "r",
                "body": json.dumps(destination_record({"Records": [sns_record(EVENTS)]})),
            }
        ]
    },
    "notification, invoked": json.loads(sqs_record(EVENTS)["body"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_every_event(form: str) -> None:
    entries = [entry for record in open_envelope(FORMS[form]) for entry in record.entries]
    assert [entry.properties for entry in entries] == EVENTS


def test_sample_envelope_gives_both_events_with_their_origin() -> None:
    (record,) = open_envelope(sample("sns-lambda-envelope"))
    assert [entry.properties["EventType"] for entry in record.entries if entry.properties] == [
        "SystemEvent",
        "PayloadLog",
    ]
    assert record.entries[1].properties and record.entries[1].properties["Flags"] == "ACK PSH DF=1"
    assert record.entries[0].notification.account_id == "111122223333"
    assert record.entries[0].notification.timestamp == "2024-05-14T09:21:15.530Z"


def test_old_single_object() -> None:
    (record,) = open_envelope({"Records": [sqs_record(sample("legacy-single-object"))]})
    assert len(record.entries) == 1 and record.record_id == "r-1"


@pytest.mark.parametrize(
    "message", ["not JSON", "", "12", '"text"', "null", "true", "[[1]]", "[" * 100_000, "{" * 2, "1" * 5000]
)
def test_what_is_no_event_is_kept_with_the_reason(message: str) -> None:
    (record,) = open_envelope({"Records": [sqs_record(message)]})
    (entry,) = record.entries
    assert entry.properties is None
    assert entry.problem


def test_neighbours_of_what_is_no_event_are_kept() -> None:
    (record,) = open_envelope({"Records": [sqs_record([1, EVENTS[0], None])]})
    assert [entry.properties for entry in record.entries] == [None, EVENTS[0], None]
    assert [bool(entry.problem) for entry in record.entries] == [True, False, True]


def test_empty_array_is_settled() -> None:
    assert open_envelope({"Records": [sqs_record([])]})[0].entries == ()


def test_problem_quotes_no_content() -> None:
    (record,) = open_envelope({"Records": [sqs_record("secret-content")]})
    assert "secret" not in record.entries[0].problem


@pytest.mark.parametrize(
    ("number", "read"), [("1e999", "1e999"), ("-1e999", "-1e999"), ("NaN", "NaN"), ("Infinity", "Infinity")]
)
def test_numbers_that_json_cannot_express_are_text(number: str, read: str) -> None:
    (record,) = open_envelope({"Records": [sqs_record(f'[{{"a": {number}, "b": 1.5}}]')]})
    assert record.entries[0].properties == {"a": read, "b": 1.5}


@pytest.mark.parametrize(
    "payload", [None, 5, "text", [], {}, {"Records": {}}, {"Records": [None, 5, {"Sns": {}}, {"Sns": 5}]}]
)
def test_any_lambda_event_is_records(payload: object) -> None:
    for record in open_envelope(payload):
        assert all(entry.properties is not None or entry.problem for entry in record.entries)


def test_records_keep_their_order_and_ids() -> None:
    payload = {"Records": [sqs_record(EVENTS, record_id=name, message_id=f"m-{name}") for name in "ab"]}
    records = open_envelope(payload)
    assert [record.record_id for record in records] == ["a", "b"]
    assert [record.entries[0].notification.message_id for record in records] == ["m-a", "m-b"]
    assert [record.record_id for record in open_envelope({"Records": [sns_record(EVENTS)]})] == [None]


@pytest.mark.parametrize(
    ("attributes", "destinations"),
    [
        (None, None),
        ({}, None),
        ({"destinations": {"Type": "String", "Value": ""}}, None),
        ({"destinations": {"Type": "String", "Value": "logs"}}, frozenset({"logs"})),
        ({"destinations": {"Type": "String", "Value": "events,logs"}}, frozenset({"events", "logs"})),
        ({"destinations": "logs"}, None),
    ],
)
def test_a_remainder_names_its_destinations(attributes: object, destinations: frozenset[str] | None) -> None:
    record = sqs_record(EVENTS)
    record["body"] = json.dumps({**json.loads(record["body"]), "MessageAttributes": attributes})
    (opened,) = open_envelope({"Records": [record]})
    assert {entry.notification.destinations for entry in opened.entries} == {destinations}


@pytest.mark.parametrize(
    ("arn", "account"),
    [("arn:aws:sns:us-east-1:111122223333:name", "111122223333"), ("", ""), ("not:an:arn", ""), ("a:b:c:d:e", "")],
)
def test_account_of_a_topic(arn: str, account: str) -> None:
    assert Notification(topic_arn=arn).account_id == account


def test_time_of_a_notification() -> None:
    assert Notification(timestamp="2024-05-14T09:50:00.000Z").time == datetime(2024, 5, 14, 9, 50, tzinfo=UTC)
    assert Notification().time is None


ACCEPTED, RETRY, REFUSED = (Answer(outcome) for outcome in Outcome)


def entry(owed: frozenset[str] | None = None, **answers: Answer) -> Entry:
    entry = Entry(Notification(destinations=owed), {})
    entry.answers.update(answers)
    return entry


def test_an_entry_is_open_for_those_that_are_owed_it_and_have_not_answered() -> None:
    assert entry().is_open("events") and entry().is_open("logs")
    assert not entry(events=RETRY).is_open("events") and entry(events=RETRY).is_open("logs")
    owed = frozenset({"logs"})
    assert not entry(owed).is_open("events") and entry(owed).is_open("logs")
    assert not entry(owed, logs=ACCEPTED).is_open("logs")


def test_an_entry_is_unsettled_where_it_has_to_be_sent_again() -> None:
    assert entry().unsettled == entry(events=ACCEPTED, logs=REFUSED).unsettled == frozenset()
    assert entry(events=RETRY, logs=ACCEPTED).unsettled == {"events"}
    assert entry(events=RETRY, logs=RETRY).unsettled == {"events", "logs"}


def test_an_entry_is_untouched_until_something_must_not_happen_twice() -> None:
    assert entry().is_untouched and entry(events=RETRY, logs=RETRY).is_untouched
    assert not entry(events=RETRY, logs=ACCEPTED).is_untouched
    assert not entry(events=REFUSED).is_untouched
    assert not Entry(Notification(), text="x", problem="no JSON").is_untouched
