"""Whatever AWS wraps around a message, the same events come out, within bounds."""

import inspect
import json
import sys
from typing import Any

import pytest

from deep_security_datadog.aws import envelope
from deep_security_datadog.aws.envelope import DESTINATIONS_ATTRIBUTE, GENERATION_ATTRIBUTE, Entry, Notification, Record
from tests.support import in_sqs, notification, sns_record, sqs_record

MANY = 1_000
EVENTS = [{"EventType": "SystemEvent", "EventID": 1}, {"EventType": "PacketLog", "EventID": 2}]


def open_envelope(payload: object, most: int = MANY) -> list[Entry]:
    """The entries of a Lambda event, of each record so many events at most."""
    return [entry for raw in envelope.raw_records(payload) for entry in envelope.read(raw, most).entries]


def properties(entries: list[Entry]) -> list[Any]:
    return [entry.properties for entry in entries]


def direct(*messages: object) -> dict[str, Any]:
    return {"Records": [sns_record(message) for message in messages]}


def failed(request: object) -> dict[str, Any]:
    """What Lambda's on-failure destination puts into the dead-letter queue."""
    return {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": request,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "x"},
    }


NOTIFICATION = notification(EVENTS)
EVENT_BRIDGE = {"detail-type": "Lambda Function Invocation Result - Failure", "source": "lambda"}
FORMS = {
    "plain SNS": direct(EVENTS),
    "SNS in SQS": {"Records": [sqs_record(EVENTS)]},
    "one event a record": direct(EVENTS[:1], EVENTS[1:]),
    "single objects": direct(*EVENTS),
    "raw in SQS": {"Records": [in_sqs(EVENTS)]},
    "bare": EVENTS,
    "failed invocation, invoked": failed(direct(EVENTS)),
    "failed invocation, in SQS": {"Records": [in_sqs(failed(direct(EVENTS)))]},
    "failed invocation, by EventBridge": {"Records": [in_sqs({**EVENT_BRIDGE, "detail": failed(direct(EVENTS))})]},
    "failed invocation of a bare message": {"Records": [in_sqs(failed(EVENTS))]},
    "failed, and failed again after it went through the queue": {
        "Records": [in_sqs(failed(direct(failed({"Records": [in_sqs(NOTIFICATION)]}))))]
    },
    "notification, invoked": NOTIFICATION,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_every_event(form: str) -> None:
    entries = open_envelope(FORMS[form])
    assert properties(entries) == [json.loads(entry.text) for entry in entries] == EVENTS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not JSON", "not readable as JSON (Expecting value: line 1 column 1 (char 0))"),
        ("", "not readable as JSON (Expecting value: line 1 column 1 (char 0))"),
        ("[{},", "not readable as JSON (Expecting value: line 1 column 5 (char 4))"),
        ("[" * 100_000, "nested more than 100 levels deep"),
        (f'[{{}},{{"D":{"[" * 100}1{"]" * 100}}}]', "nested more than 100 levels deep"),
        ("12", "a number where an event (a JSON object) was expected"),
        ("7" * 5_000, "a string where an event (a JSON object) was expected"),
        ("[ true ]", "a boolean where an event (a JSON object) was expected"),
        ("null", "null where an event (a JSON object) was expected"),
        ("[[1], 2]", "an array where an event (a JSON object) was expected; 2 such elements"),
    ],
)
def test_what_is_no_event_is_kept_with_the_reason(text: str, problem: str) -> None:
    (entry,) = open_envelope({"Records": [sqs_record(text)]})
    assert (entry.properties, entry.problem) == (None, problem)
    assert entry.text.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_what_sns_says_by_itself_is_no_event(kind: str) -> None:
    (entry,) = open_envelope({"Records": [in_sqs({"Type": kind, "Token": "t"})]})
    assert entry.problem == "a message of SNS where an event (a JSON object) was expected"


@pytest.mark.parametrize(
    "record",
    [
        {"requestContext": {"condition": "RetriesExhausted"}, "KinesisBatchInfo": {}},
        {"requestContext": {}, "responseContext": {"statusCode": 200}},
        {"detail-type": "x", "detail": {"requestContext": {"condition": "EventAgeExceeded"}, "responseContext": {}}},
    ],
)
def test_a_failed_invocation_without_its_events_is_kept_with_the_reason(record: dict[str, Any]) -> None:
    """It was sent as an event of an unknown module, which hid the loss."""
    (entry,) = open_envelope({"Records": [in_sqs(record)]})
    assert entry.problem == "the record of a failed invocation, without its events"
    assert json.loads(entry.text) == record.get("detail", record)


@pytest.mark.parametrize("payload", [None, 5, "text", {}, {"Records": {}}, {"Records": [None, 5, {"Sns": {}}]}])
def test_of_any_lambda_event_nothing_is_dropped(payload: object) -> None:
    for raw in envelope.raw_records(payload):
        assert [entry.properties is not None or entry.problem for entry in envelope.read(raw, MANY).entries]
    assert open_envelope([]) == open_envelope({"Records": [sqs_record([])]}) == []


def attribute(name: str, value: str) -> dict[str, Any]:
    return {name: {"Type": "String", "Value": value}}


@pytest.mark.parametrize(
    ("attributes", "destinations", "generation"),
    [
        (None, None, 0),
        (attribute(DESTINATIONS_ATTRIBUTE, ""), None, 0),
        (attribute(DESTINATIONS_ATTRIBUTE, "logs") | attribute(GENERATION_ATTRIBUTE, "3"), {"logs"}, 3),
        (attribute(DESTINATIONS_ATTRIBUTE, "events,logs"), {"events", "logs"}, 0),
        ({DESTINATIONS_ATTRIBUTE: "logs"}, None, 0),
        # Anybody may use such a name.
        (attribute("destinations", "logs"), None, 0),
        # Nobody does without the backoff.
        (attribute(GENERATION_ATTRIBUTE, "-1000000"), None, 0),
        (attribute(GENERATION_ATTRIBUTE, "9" * 30), None, 0),
        (attribute(GENERATION_ATTRIBUTE, "x"), None, 0),
    ],
)
def test_a_remainder_names_its_destinations_and_generation(
    attributes: object, destinations: set[str] | None, generation: int
) -> None:
    for entry in open_envelope({"Records": [in_sqs({**NOTIFICATION, "MessageAttributes": attributes})]}):
        assert (entry.notification.destinations, entry.notification.generation) == (destinations, generation)


def test_of_nested_notifications_the_outermost_stands() -> None:
    inner = {
        "Type": "Notification",
        "Message": '[{"EventID": 1}]',
        "MessageId": "forged",
        "TopicArn": "arn:aws:sns:us-east-1:999999999999:forged",
        "Timestamp": "1999-01-01T00:00:00Z",
        "MessageAttributes": attribute(DESTINATIONS_ATTRIBUTE, "logs"),
    }
    arn = "arn:aws:sns:us-east-1:111122223333:deep-security"
    for outer in (inner, {"Records": [{"Sns": inner}]}, {"requestContext": {}, "requestPayload": inner}):
        (entry,) = open_envelope({"Records": [sqs_record(outer)]})
        assert entry.properties == {"EventID": 1}
        assert entry.notification == Notification("m-1", arn, "2024-05-14T09:50:00.000Z")


@pytest.mark.parametrize("value", ["x y", "<script>", "a\nb", "x" * 101, 5, None, {"a": 1}])
def test_ids_have_the_form_of_ids(value: object) -> None:
    (entry,) = open_envelope({"Type": "Notification", "Message": "[{}]", "MessageId": value, "TopicArn": value})
    assert entry.notification == Notification()


def wrapped(levels: int) -> str:
    return '{"requestContext":{},"requestPayload":' * levels + "[{}]" + "}" * levels


@pytest.mark.parametrize(
    ("levels", "problem"), [(11, ""), (12, "wrapped more than 12 times"), (260, "nested more than 100 levels deep")]
)
def test_what_is_wrapped_too_often_is_kept_with_the_reason(levels: int, problem: str) -> None:
    (entry,) = open_envelope({"Records": [in_sqs(wrapped(levels))]})
    assert entry.problem == problem
    # What was unwrapped need not be once more.
    assert entry.text == ("{}" if not problem else wrapped(levels if levels > 100 else levels - 11))


def test_records_within_records_are_no_envelope() -> None:
    """Only Lambda writes records, and each of them has a body or a notification."""
    records = '{"Records":[' * 40 + "{}" + "]}" * 40
    assert properties(open_envelope({"Records": [in_sqs(records)]})) == [json.loads(records)]


def test_many_records_in_one_are_kept_with_the_reason() -> None:
    assert properties(open_envelope({"Records": [in_sqs(direct(*[{}] * 100))]})) == [{}] * 100
    (entry,) = open_envelope({"Records": [in_sqs(direct(*[{}] * 101))]})
    assert (entry.properties, entry.problem) == (None, "more than 100 records in one")


def test_unwrapping_does_not_recurse() -> None:
    """At the depth that is left where Lambda calls, whatever a sender wraps must not raise."""

    def at(depth: int) -> Record:
        return at(depth - 1) if depth else envelope.read(in_sqs(wrapped(12)), MANY)

    record = at(sys.getrecursionlimit() - len(inspect.stack()) - 60)
    assert [entry.problem for entry in record.entries] == ["wrapped more than 12 times"]


@pytest.mark.parametrize(
    ("text", "share", "events", "left", "others"),
    [
        ("[1, {} ,{},{ },2]", 3, ["{}", "{}", "{ }"], [], ["[1,2]"]),
        ("[1, {} ,{},{ },2]", 2, ["{}", "{}"], ["[{ },2]"], ["[1]"]),
        ("[1, {} ,{},{ },2]", 0, [], ["[{} ,{},{ },2]"], ["[1]"]),
        (" [{},{},no JSON", 1, ["{}"], ["[{},no JSON"], []),
        (' { "a":1}', 1, [' { "a":1}'], [], []),
        (' { "a":1}', 0, [], [' { "a":1}'], []),
    ],
)
def test_what_is_beyond_the_share_is_left_in_one_piece(
    text: str, share: int, events: list[str], left: list[str], others: list[str]
) -> None:
    entries = open_envelope({"Records": [in_sqs(text)]}, share)
    assert [entry.text for entry in entries if entry.properties is not None] == events
    assert [entry.text for entry in entries if entry.properties is None and not entry.problem] == left
    assert [entry.text for entry in entries if entry.problem] == others


def test_messages_of_a_record_have_one_share() -> None:
    entries = open_envelope({"Records": [in_sqs({"Records": [in_sqs([{}, {}, {}])] * 3})]}, 2)
    assert properties(entries) == [{}, {}, None, None, None]
    assert [json.loads(entry.text) for entry in entries if entry.properties is None] == [[{}], [{}] * 3, [{}] * 3]


def test_what_sqs_and_sns_say_of_a_record() -> None:
    body = {**NOTIFICATION, "MessageAttributes": attribute(GENERATION_ATTRIBUTE, "3")}
    raw = {**in_sqs(body), "receiptHandle": "h", "attributes": {"ApproximateReceiveCount": "7"}}
    record, unread = envelope.read(raw, MANY), Record("r-1", (), "h", 7, len(raw["body"]))
    assert envelope.without_entries(raw) == record._replace(entries=()) == unread
    assert [(one.name, one.attempts) for one in (record, unread)] == [("m-1", 10), ("r-1", 7)]


def test_what_is_known_of_a_record_without_a_queue() -> None:
    raw = sns_record([{}])
    record = envelope.read(raw, MANY)
    assert envelope.without_entries(raw) == record._replace(entries=()) == Record(None, (), "", 1, 4)
    assert [(one.name, one.attempts) for one in (record, Record())] == [("m-1", 1), ("", 1)]
