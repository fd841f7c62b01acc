"""What the queues take of a record, so that nothing of it comes back twice."""

from collections.abc import Callable
from typing import Any

import pytest

from deep_security_datadog.aws import envelope
from deep_security_datadog.aws.delivery import Debt, Delivery
from deep_security_datadog.aws.queues import Queues
from deep_security_datadog.outcome import Answer
from tests.strict_sqs import DEAD_LETTER_QUEUE, LARGEST, QUEUE, StrictSqs
from tests.support import ACCEPTED, REFUSED, RETRY, answered, events, sns_record, sqs_record

MANY = 10_000


def large(size: int) -> list[dict[str, Any]]:
    return [{**event, "D": "x" * (size // 8)} for event in events(8)]


def delivery_of(raw: dict[str, Any], *answers: Answer, share: int = MANY) -> Delivery:
    return answered(envelope.read(raw, share), *({"events": answer} for answer in answers))


def settled(delivery: Delivery, raw: dict[str, Any], seconds_left: Callable[[], float] = lambda: 60) -> str:
    url = QUEUE if delivery.record.record_id else None
    queues = Queues(queue_url=url, dead_letter_queue_url=DEAD_LETTER_QUEUE, visibility_timeout=180, largest=LARGEST)
    return queues.settle(delivery, payload={"Records": [raw]}, seconds_left=seconds_left)


def ids(sqs: StrictSqs, url: str) -> list[list[Any]]:
    """The event ids in the messages of a queue."""
    found = [envelope.read(one.record(), MANY) for one in sqs.stored(url)]
    return [[entry.properties and entry.properties["EventID"] for entry in record.entries] for record in found]


@pytest.mark.parametrize(
    ("raw", "answers", "debts"),
    [
        (sqs_record([]), (), []),
        (sqs_record(events(2)), (), []),
        (sns_record(events(2)), (ACCEPTED, ACCEPTED), []),
        # It waits whole: in the queue, or because Lambda tries it again.
        (sqs_record(events(2)), (RETRY,), [(0, "events")]),
        (sns_record(large(200_000)), (ACCEPTED, RETRY), [(1, "events")]),
    ],
)
def test_what_owes_nothing_or_comes_back_by_itself_asks_nothing_of_sqs(
    sqs: StrictSqs, raw: dict[str, Any], answers: tuple[Answer, ...], debts: list[Debt]
) -> None:
    delivery = delivery_of(raw, *answers)
    assert settled(delivery, raw) == ""
    assert delivery.debts == debts and not sqs.calls


@pytest.mark.parametrize(("code", "kept", "back"), [("", [[1]], [[2]]), ("InternalError", [], [[1, 2]])])
def test_refusals_are_kept_and_what_is_owed_goes_back(
    sqs: StrictSqs, code: str, kept: list[list[int]], back: list[list[int]]
) -> None:
    """A refusal that SQS does not take goes back with the rest: it is tried once more."""
    raw = sqs_record(events(3))
    delivery = delivery_of(raw, ACCEPTED, REFUSED, RETRY)
    codes = iter([code, ""])
    sqs.fails = lambda: next(codes)
    problem = settled(delivery, raw)
    assert (ids(sqs, DEAD_LETTER_QUEUE), ids(sqs, QUEUE), delivery.debts) == (kept, back, [])
    assert (len(delivery.kept), len(delivery.requeued), problem) == (len(kept), 1, code)


@pytest.mark.parametrize("take", [sqs_record, sns_record])
def test_what_is_left_goes_back_or_is_kept_without_a_queue(
    sqs: StrictSqs, take: Callable[[object], dict[str, Any]]
) -> None:
    """The next invocation would not take it either."""
    raw = take(events(5))
    delivery = delivery_of(raw, ACCEPTED, RETRY, share=2)
    settled(delivery, raw)
    url, other = (QUEUE, DEAD_LETTER_QUEUE) if take is sqs_record else (DEAD_LETTER_QUEUE, QUEUE)
    assert (ids(sqs, url), ids(sqs, other), delivery.debts) == ([[1], [2, 3, 4]], [], [])
    assert len(delivery.requeued if take is sqs_record else delivery.kept) == 2


def test_what_fits_into_the_time_is_kept_and_the_rest_waits(sqs: StrictSqs) -> None:
    """2,000 of 2,200 events refused: all or nothing was nothing, at each receive."""
    raw = sqs_record(events(2_200))
    delivery = delivery_of(raw, *[REFUSED] * 2_000, *[ACCEPTED] * 200)
    seconds = iter([60.0] * 50)
    problem = settled(delivery, raw, lambda: next(seconds, 0.0))
    kept = len(delivery.kept)
    assert 0 < kept < 2_000 and problem == "out of time"
    assert [one for (one,) in ids(sqs, DEAD_LETTER_QUEUE)] == list(range(kept))
    assert len(delivery.debts) == 2_000 - kept
    # The next receive goes on with those.
    rest: list[dict[str, Answer]] = [{}] * kept + [{"events": REFUSED}] * (2_000 - kept)
    settled(answered(delivery.record, *rest, settled=delivery.settled), raw)
    assert [one for (one,) in ids(sqs, DEAD_LETTER_QUEUE)] == list(range(2_000))


@pytest.mark.parametrize(
    ("size", "answers", "kept"),
    [
        (200_000, (REFUSED, RETRY, ACCEPTED), [[0], [None]]),
        (262_000, (REFUSED, RETRY, ACCEPTED), [[0], [None], [1]]),
        (262_000, (ACCEPTED, RETRY, ACCEPTED, RETRY), [[None], [1, 3]]),
        (262_000, (RETRY,) * 8, [[None], [0, 1, 2, 3], [4, 5, 6, 7]]),
    ],
)
def test_a_direct_delivery_that_lambda_would_lose_is_kept_in_pieces(
    sqs: StrictSqs, size: int, answers: tuple[Answer, ...], kept: list[list[int | None]]
) -> None:
    """Lambda's record of it holds the whole message, and is too large for the queue."""
    raw = sns_record([*large(size), 1])
    delivery = delivery_of(raw, *answers)
    settled(delivery, raw)
    assert not delivery.requeued
    assert ids(sqs, DEAD_LETTER_QUEUE) == kept
    assert bool(delivery.debts) == (size == 200_000)
    reasons = [one.attributes["reason"] for one in sqs.stored(DEAD_LETTER_QUEUE)]
    why = "not delivered, and too large to be tried again without a queue"
    assert (why in reasons) == (size == 262_000)
