"""Whatever AWS wraps around a message, the same events come out, and each entry knows what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from deep_security_datadog.envelope import (
    DESTINATIONS_ATTRIBUTE,
    GENERATION_ATTRIBUTE,
    Entry,
    Notification,
    Record,
    open_envelope,
)
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
    assert [entry.properties for entry in record.entries] == [EVENTS[0], None]
    assert [entry.problem for entry in record.entries] == [
        "",
        "a number where an event (a JSON object) was expected; 2 such elements",
    ]
    assert record.entries[1].text == "[1, null]"


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
        ({DESTINATIONS_ATTRIBUTE: {"Type": "String", "Value": ""}}, None),
        ({DESTINATIONS_ATTRIBUTE: {"Type": "String", "Value": "logs"}}, frozenset({"logs"})),
        ({DESTINATIONS_ATTRIBUTE: {"Type": "String", "Value": "events,logs"}}, frozenset({"events", "logs"})),
        ({DESTINATIONS_ATTRIBUTE: "logs"}, None),
        # Anybody may use such a name.
        ({"destinations": {"Type": "String", "Value": "logs"}}, None),
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
    both = ("events", "logs")
    assert entry().is_open("events", both) and entry().is_open("logs", both)
    assert not entry(events=RETRY).is_open("events", both) and entry(events=RETRY).is_open("logs", both)
    owed = frozenset({"logs"})
    assert not entry(owed).is_open("events", both) and entry(owed).is_open("logs", both)
    assert not entry(owed, logs=ACCEPTED).is_open("logs", both)


@pytest.mark.parametrize(
    ("value", "generation"), [("3", 3), ("-1000000", 0), ("9" * 30, 0), ("99999999", 10_000), ("x", 0)]
)
def test_a_generation_cannot_do_without_the_backoff(value: str, generation: int) -> None:
    record = sqs_record(EVENTS)
    attributes = {GENERATION_ATTRIBUTE: {"Type": "String", "Value": value}}
    record["body"] = json.dumps({**json.loads(record["body"]), "MessageAttributes": attributes})
    (opened,) = open_envelope({"Records": [record]})
    assert {entry.notification.generation for entry in opened.entries} == {generation}


def test_what_is_owed_to_unknown_destinations_is_owed_to_all() -> None:
    """`destinations: nowhere` acknowledged and dropped; and a destination may be removed while remainders wait."""
    assert entry(frozenset({"nowhere"})).is_open("events", ("events",))
    assert entry(frozenset({"logs"})).is_open("events", ("events",))
    assert not entry(frozenset({"nowhere", "logs"})).is_open("events", ("events", "logs"))


def sns(message: object, **fields: object) -> dict[str, Any]:
    return {"Type": "Notification", "Message": json.dumps(message), **fields}


def test_of_nested_notifications_the_outermost_stands() -> None:
    inner = sns(
        [{"EventID": 1}],
        MessageId="forged",
        TopicArn="arn:aws:sns:us-east-1:999999999999:forged",
        Timestamp="1999-01-01T00:00:00Z",
        MessageAttributes={DESTINATIONS_ATTRIBUTE: {"Type": "String", "Value": "logs"}},
    )
    for message in (inner, {"Records": [{"Sns": inner}]}, {"requestContext": {}, "requestPayload": inner}):
        (record,) = open_envelope({"Records": [sqs_record(message)]})
        (found,) = record.entries
        assert found.properties == {"EventID": 1}
        assert (found.notification.message_id, found.notification.account_id) == ("m-1", "111122223333")
        assert (found.notification.timestamp, found.notification.destinations) == ("2024-05-14T09:50:00.000Z", None)


@pytest.mark.parametrize("value", ["x y", "<script>", "a\nb", "x" * 101, 5, None, {"a": 1}])
def test_ids_have_the_form_of_ids(value: object) -> None:
    (record,) = open_envelope(sns([{}], MessageId=value, TopicArn=value))
    assert record.entries[0].notification == Notification()


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_what_sns_says_by_itself_is_no_event(kind: str) -> None:
    body = json.dumps({"Type": kind, "TopicArn": "arn:aws:sns:us-east-1:111122223333:x", "Token": "t"})
    (record,) = open_envelope({"Records": [{"eventSource": "aws:sqs", "messageId": "r", "body": body}]})
    assert [entry.problem for entry in record.entries] == [
        "a message of SNS where an event (a JSON object) was expected"
    ]


def test_a_byte_order_mark_is_no_content() -> None:
    (record,) = open_envelope({"Records": [sqs_record("\ufeff[{}]")]})
    assert [entry.properties for entry in record.entries] == [{}]


def test_a_long_integer_stays_text() -> None:
    (record,) = open_envelope({"Records": [sqs_record(f'[{{"a": {"7" * 5_000}, "b": -12}}]')]})
    assert record.entries[0].properties == {"a": "7" * 5_000, "b": -12}


def test_a_record_is_cut_after_so_many_entries() -> None:
    raw = sqs_record([{}] * 5)
    assert [(len(record.entries), record.is_cut) for record in (Record.read(raw, 5), Record.read(raw, 4))] == [
        (5, False),
        (4, True),
    ]


def test_what_sqs_says_of_a_record() -> None:
    raw = {**sqs_record([{}]), "receiptHandle": "h", "attributes": {"ApproximateReceiveCount": "7"}}
    record = Record.read(raw)
    assert (record.record_id, record.receipt_handle, record.receives) == ("r-1", "h", 7)
    assert (Record.read(sqs_record([{}])).receipt_handle, Record.read([]).receives) == ("", 1)


def test_an_entry_is_unsettled_where_it_has_to_be_sent_again() -> None:
    assert entry().unsettled == entry(events=ACCEPTED, logs=REFUSED).unsettled == frozenset()
    assert entry(events=RETRY, logs=ACCEPTED).unsettled == {"events"}
    assert entry(events=RETRY, logs=RETRY).unsettled == {"events", "logs"}


def test_an_entry_is_untouched_until_something_must_not_happen_twice() -> None:
    assert entry().is_untouched and entry(events=RETRY, logs=RETRY).is_untouched
    assert not entry(events=RETRY, logs=ACCEPTED).is_untouched
    assert not entry(events=REFUSED).is_untouched
    assert not Entry(Notification(), text="x", problem="no JSON").is_untouched
