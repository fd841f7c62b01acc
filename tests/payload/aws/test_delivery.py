"""What a record owes to whom, and what of it goes to which queue."""

import json
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deep_security_datadog.aws import envelope
from deep_security_datadog.aws.delivery import Debt, Delivery, Outgoing, fitting, notification_body
from deep_security_datadog.aws.envelope import Entry, Notification, Record
from deep_security_datadog.outcome import Answer, Outcome
from tests.payload.strategies import TEXT
from tests.strict_sqs import LARGEST, QUEUE, StrictSqs
from tests.support import ACCEPTED, REFUSED, RETRY, answered, events, in_sqs, sns_record

NOTIFICATION = Notification("m-1", "arn:aws:sns:us-east-1:111122223333:deep-security", "2024-05-14T09:50:00.000Z")
MANY = 10_000


def read(message: object, share: int = MANY, **attributes: Any) -> Record:
    """The record of a notification with these attributes."""
    text = message if isinstance(message, str) else json.dumps(message)
    body = notification_body(NOTIFICATION._replace(**attributes), text)
    return envelope.read(in_sqs(body), share)


def contents(found: Outgoing) -> tuple[Any, list[str], int]:
    """The elements of a notification, the destinations that are owed them, and the generation."""
    (notification,) = {entry.notification for entry in envelope.read(in_sqs(found.body), MANY).entries}
    assert notification[:3] == NOTIFICATION[:3]
    assert found.generation in {0, notification.generation}
    return text_of(found), sorted(notification.destinations or ()), notification.generation


def text_of(found: Outgoing) -> str:
    assert found.size <= LARGEST
    return str(json.loads(found.body)["Message"])


@pytest.mark.parametrize(
    ("named", "owed"),
    [
        (None, {"events", "logs"}),
        ({"logs"}, {"logs"}),
        ({"events", "logs"}, {"events", "logs"}),
        # A destination may be removed while remainders wait, and a forged name must not drop an event.
        ({"nowhere"}, {"events", "logs"}),
        ({"nowhere", "logs"}, {"logs"}),
    ],
)
def test_an_entry_is_for_those_that_are_named_or_for_all(named: set[str] | None, owed: set[str]) -> None:
    delivery = answered(read(events(1), destinations=named))
    assert {name for name in ("events", "logs") if delivery.is_for(0, name)} == owed


def test_debts_are_what_is_not_accepted() -> None:
    record = read([*events(4), "text"], share=4)
    delivery = answered(record, {"events": ACCEPTED, "logs": RETRY}, {"events": REFUSED}, {}, {"logs": ACCEPTED})
    assert delivery.debts == [(0, "logs"), (1, "events"), (4, None)]
    assert delivery.settled == {(0, "events"), (3, "logs")}
    delivery.kept.append(Outgoing("", ((1, "events"),)))
    assert delivery.debts == [(0, "logs"), (4, None)]
    assert (1, "events") in delivery.settled
    again = answered(record, settled=delivery.settled)
    owed = [(place, name) for place in (0, 1, 3) for name in ("events", "logs") if again.is_for(place, name)]
    assert owed == [(0, "logs"), (1, "logs"), (3, "events")]


def test_an_answer_that_is_not_in_is_a_debt() -> None:
    delivery = Delivery(read(events(2)), ("events",), (), LARGEST)
    delivery.awaited |= {(0, "events"), (1, "events")}
    delivery.answer(0, "events", ACCEPTED)
    assert (delivery.awaited, delivery.debts) == ({(1, "events")}, [(1, "events")])
    delivery.answer(1, "events", ACCEPTED)
    assert (delivery.awaited, delivery.debts) == (set(), [])


@pytest.mark.parametrize(
    ("share", "answers", "settled", "is_whole"),
    [
        (9, (), (), True),
        (9, ({"events": RETRY, "logs": RETRY}, {"events": REFUSED}), (), True),
        (9, ({"events": RETRY}, {"events": ACCEPTED}), (), False),
        (9, ({"events": RETRY}, {"events": REFUSED}), [(1, "events")], False),
        # It becomes smaller, even if the rest of what was read is filtered out.
        (2, ({"events": RETRY},), (), False),
        (2, ({"events": RETRY}, {"events": RETRY}), (), True),
    ],
)
def test_a_record_is_untouched_until_something_must_not_happen_twice(
    share: int, answers: Iterable[dict[str, Answer]], settled: Iterable[Debt], is_whole: bool
) -> None:
    assert answered(read(events(4), share=share), *answers, settled=settled).is_whole is is_whole


def test_what_is_for_waits_as_long_as_datadog_asked() -> None:
    asked = RETRY._replace(retry_after=60.0)
    refused = REFUSED._replace(retry_after=900.0)
    assert answered(read(events(3)), {"events": asked}, {"events": RETRY}, {"events": refused}).retry_after == 60.0
    assert answered(read(events(1)), {"events": ACCEPTED}).retry_after == 0


def test_only_what_is_for_goes_back_as_it_was_written() -> None:
    written = [r'{"a":"\u00e9\/"}', '{"a" : 1e15}', '{"a":1,"a":2}', '{"a":1.0}', "{}"]
    delivery = answered(
        read(f"[ {' , '.join(written)} ]"),
        {"events": ACCEPTED, "logs": RETRY},
        {"events": RETRY, "logs": RETRY},
        {"logs": RETRY},
        {"events": RETRY},
        {"events": RETRY, "logs": ACCEPTED},
        settled=[(0, "events"), (4, "events")],
    )
    assert [(contents(found), found.debts) for found in delivery.remainders()] == [
        ((f"[{written[0]},{written[2]}]", ["logs"], 1), ((0, "logs"), (2, "logs"))),
        ((f"[{written[1]}]", ["events", "logs"], 1), ((1, "events"), (1, "logs"))),
        ((f"[{written[3]}]", ["events"], 1), ((3, "events"),)),
    ]


def test_notifications_are_not_mixed() -> None:
    records = [sns_record([{}, {}], f"m-{number}") for number in range(2)]
    record = envelope.read(in_sqs({"Records": records}), MANY)
    delivery = answered(record, {"events": RETRY}, {}, {"events": RETRY}, {"events": RETRY})
    found = [(json.loads(one.body), one.debts) for one in delivery.remainders()]
    assert [(body["MessageId"], body["Message"], debts) for body, debts in found] == [
        ("m-0", "[{}]", ((0, "events"),)),
        ("m-1", "[{},{}]", ((2, "events"), (3, "events"))),
    ]


@pytest.mark.parametrize("generation", [0, 12])
def test_what_was_tried_is_of_the_next_generation_and_what_was_not_keeps_its_own(generation: int) -> None:
    """A remainder that was split came back as if it were new."""
    delivery = answered(read(events(5), share=2, generation=generation, destinations={"logs"}), {"logs": RETRY})
    tried, left = delivery.remainders()
    assert contents(tried) == ('[{"EventID": 0}]', ["logs"], generation + 1)
    assert contents(left) == (f"[{json.dumps(events(5)[2:])[1:]}", ["logs"], generation)
    assert (tried.generation, left.generation) == (generation + 1, generation)


@settings(max_examples=30)
@given(st.integers(2, 40), st.sampled_from(["a", "ü", "\U0001f600", '"', "\\", "\x01", "\ud800"]), st.integers(1, 9000))
def test_remainders_fit_whatever_they_hold(count: int, character: str, length: int) -> None:
    elements = [{"EventID": number, "D": character * length} for number in range(count)]
    found = list(answered(read(elements), {"events": ACCEPTED}, *[{"events": RETRY}] * (count - 1)).remainders())
    assert [event for one in found for event in json.loads(contents(one)[0])] == elements[1:]
    assert [debt for one in found for debt in one.debts] == [(place, "events") for place in range(1, count)]


def test_an_event_that_fits_into_no_notification_goes_alone_and_its_neighbours_do_not() -> None:
    large = json.dumps({"D": '"' * 80_000})
    (one, two, alone) = answered(read(f"[{{}},{{}},{large}]"), *[{"events": RETRY}] * 3).remainders()
    assert [contents(found)[0] for found in (one, two)] == ["[{}]", "[{}]"]
    assert alone.body == large


def test_many_messages_in_a_record_take_linear_time() -> None:
    """Each remainder looked at everything that is owed, and each message at all before it."""
    many: Any = {"Records": [sns_record("1")] * 100}
    for count in (100, 3):
        many = {"Records": [{"Sns": 0, "requestContext": {}, "requestPayload": many}] * count}
    started = time.process_time()
    assert len(list(answered(envelope.read(in_sqs(many), MANY)).remainders())) == 30_000
    assert time.process_time() - started < 5


def test_refused_events_are_kept_one_by_one_for_their_destination() -> None:
    delivery = answered(
        read(events(3), generation=3),
        {"events": REFUSED, "logs": ACCEPTED},
        {"events": REFUSED, "logs": REFUSED},
        {"events": REFUSED},
        settled=[(2, "events")],
    )
    found = [(contents(one), one.debts, dict(one.attributes)) for one in delivery.refusals()]
    attributes = {"reason": "events: HTTP 400", "status": "400", "origin": "m-1"}
    assert found == [
        (('[{"EventID": 0}]', ["events"], 0), ((0, "events"),), attributes),
        (('[{"EventID": 1}]', ["events"], 0), ((1, "events"),), attributes),
        (('[{"EventID": 1}]', ["logs"], 0), ((1, "logs"),), attributes | {"reason": "logs: HTTP 400"}),
    ]


def test_the_non_events_of_a_message_are_one_refusal() -> None:
    (found,) = answered(read("[1, {} ,null,[ 2 ]]")).refusals()
    assert (text_of(found), found.debts) == ("[1,null,[ 2 ]]", ((1, None),))
    assert found.reason == "a number where an event (a JSON object) was expected; 3 such elements"
    assert not list(answered(read("[1, {} ,null,[ 2 ]]"), settled=[(1, None)]).refusals()), "once"


def test_a_refusal_without_a_status_or_a_notification_has_its_reason_and_its_record() -> None:
    (found,) = answered(
        envelope.read(in_sqs("[{}]"), MANY), {"logs": Answer(Outcome.REFUSED, reason="cannot be rendered")}
    ).refusals()
    assert found.reason == "logs: cannot be rendered"
    assert dict(found.attributes) == {"reason": found.reason, "origin": "r-1"}


# As messages that SQS takes, made of the text as it came --------------------------------------------------------

# Of a remainder.
REMAINDER = NOTIFICATION._replace(destinations=frozenset({"logs", "events"}), generation=3)
ATTRIBUTES = {"reason": "events: HTTP 400", "status": "400", "origin": "m-1"}


def notified(text: str) -> Outgoing:
    return Outgoing(notification_body(REMAINDER, text), attributes=ATTRIBUTES)


def taken_by_sqs(found: Outgoing) -> bool:
    """Whether an SQS that checks takes it, and counts its bytes as `size` does."""
    exact, smaller = StrictSqs(largest=found.size), StrictSqs(largest=found.size - 1)
    answers = [
        sqs.send_message_batch(QueueUrl=QUEUE, Entries=[{"Id": "0", **found.entry(5)}]) for sqs in (exact, smaller)
    ]
    return ["Failed" in answer for answer in answers] == [False, True]


@given(TEXT)
@example("\ud800")
@example("\x00")
@example("[1]\n")
def test_a_message_that_fits_comes_back_as_it_was(text: str) -> None:
    whole = notified(text)
    assert fitting(whole, "alone", LARGEST) is whole and taken_by_sqs(whole)
    assert json.loads(whole.body)["Message"] == text
    again = envelope.read(in_sqs(whole.body), 10).entries
    assert {entry.notification for entry in again} <= {REMAINDER}


# With room for less and less beside it, the last with a replacement that is longer than what it replaces.
@pytest.mark.parametrize(
    ("text", "body", "attributes"),
    [
        ("x" * (LARGEST - 300), "x" * (LARGEST - 300), ATTRIBUTES),
        ("x" * (LARGEST - 20) + "\x01", "x" * (LARGEST - 20) + "\ufffd", {}),
        *(("x" * 262_000 + odd, "x" * 262_000 + "\ufffd", ATTRIBUTES) for odd in "\x01\x1b\ud800\uffff"),
        ("\x01x" * (LARGEST // 2), " x" * (LARGEST // 2), {}),
    ],
)
def test_what_does_not_fit_in_a_notification_is_alone_with_attributes_and_then_without(
    text: str, body: str, attributes: dict[str, str]
) -> None:
    whole = notified(f"[{text}]")
    found = fitting(whole, text, LARGEST)
    assert found == whole._replace(body=body, attributes=attributes)
    assert taken_by_sqs(found)


@given(
    st.text(st.sampled_from('a"\\é\x01\ud800\U0001f600[]{},: \n'), max_size=60),
    st.integers(1, 1_000),
    st.integers(1_024, 4_096),
)
def test_a_text_that_sqs_or_sns_handed_over_always_fits(piece: str, times: int, largest: int) -> None:
    text = piece * times
    found = fitting(notified(text), text, largest)
    assert taken_by_sqs(found) and found.size <= max(largest, len(text.encode("utf-8", "surrogatepass")))


def test_an_empty_text_is_no_empty_body() -> None:
    assert fitting(notified(""), "", 40).body == " "


def test_attributes_are_short_legal_and_never_empty() -> None:
    entry = Entry("1", Notification(""), None, "r" * 501 + "\x00")
    (found,) = answered(Record("a\x00b", (entry,))).refusals()
    assert found.attributes == {"reason": "r" * 500, "origin": "a\ufffdb"}
