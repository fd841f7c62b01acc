"""What a record owes to whom, and what of it goes to which queue."""

import json
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.aws import envelope
from deep_security_datadog.aws.bodies import notification_body
from deep_security_datadog.aws.delivery import Debt, Delivery, Outgoing
from deep_security_datadog.aws.envelope import Notification, Record
from deep_security_datadog.outcome import Answer, Outcome
from tests.strict_sqs import LARGEST
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
    assert found.message and found.message.is_notification
    (notification,) = {entry.notification for entry in envelope.read(in_sqs(found.message.body), MANY).entries}
    assert notification[:3] == NOTIFICATION[:3]
    assert found.generation in {0, notification.generation}
    return text_of(found), sorted(notification.destinations or ()), notification.generation


def text_of(found: Outgoing) -> str:
    assert found.message and found.message.size <= LARGEST
    return str(json.loads(found.message.body)["Message"])


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
def test_an_entry_is_owed_to_those_that_are_named_or_to_all(named: set[str] | None, owed: set[str]) -> None:
    delivery = answered(read(events(1), destinations=named))
    assert {name for name in ("events", "logs") if delivery.is_owed(0, name)} == owed


def test_debts_are_what_is_not_accepted() -> None:
    record = read([*events(4), "text"], share=4)
    delivery = answered(record, {"events": ACCEPTED, "logs": RETRY}, {"events": REFUSED}, {}, {"logs": ACCEPTED})
    assert delivery.debts == [(0, "logs"), (1, "events"), (4, None)]
    assert delivery.settled == {(0, "events"), (3, "logs")}
    delivery.kept.append(Outgoing(None, ((1, "events"),)))
    assert delivery.debts == [(0, "logs"), (4, None)]
    assert (1, "events") in delivery.settled
    again = answered(record, settled=delivery.settled)
    owed = [(place, name) for place in (0, 1, 3) for name in ("events", "logs") if again.is_owed(place, name)]
    assert owed == [(0, "logs"), (1, "logs"), (3, "events")]


def test_an_answer_that_is_not_in_is_a_debt() -> None:
    delivery = Delivery(read(events(2)), ("events",), (), LARGEST)
    delivery.await_answer(0, "events")
    delivery.await_answer(1, "events")
    delivery.answer(0, "events", ACCEPTED)
    assert (delivery.is_answered, delivery.debts) == (False, [(1, "events")])
    delivery.answer(1, "events", ACCEPTED)
    assert (delivery.is_answered, delivery.debts) == (True, [])


@pytest.mark.parametrize(
    ("share", "answers", "settled", "is_untouched"),
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
    share: int, answers: Iterable[dict[str, Answer]], settled: Iterable[Debt], is_untouched: bool
) -> None:
    assert answered(read(events(4), share=share), *answers, settled=settled).is_untouched is is_untouched


def test_what_is_owed_waits_as_long_as_datadog_asked() -> None:
    asked = RETRY._replace(retry_after=60.0)
    refused = REFUSED._replace(retry_after=900.0)
    assert answered(read(events(3)), {"events": asked}, {"events": RETRY}, {"events": refused}).retry_after == 60.0
    assert answered(read(events(1)), {"events": ACCEPTED}).retry_after == 0


def test_only_what_is_owed_goes_back_as_it_was_written() -> None:
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
    found = [(json.loads(one.message.body), one.debts) for one in delivery.remainders() if one.message]
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
    assert alone.message and (alone.message.body, alone.message.is_notification) == (large, False)


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
    found = [(contents(one), one.debts, dict(one.message.attributes)) for one in delivery.refusals() if one.message]
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
    assert found.message and found.reason == "logs: cannot be rendered"
    assert dict(found.message.attributes) == {"reason": found.reason, "origin": "r-1"}
