"""Whatever AWS wraps around a message, the same events come out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deep_security_datadog.envelope import open_envelope
from tests.payload import sample, sqs_record

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
