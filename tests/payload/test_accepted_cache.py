"""What Datadog accepted of a record that comes back whole is remembered, and nothing else."""

from __future__ import annotations

from deep_security_datadog.accepted_cache import AcceptedCache
from deep_security_datadog.envelope import Entry, Notification, Record
from deep_security_datadog.outcome import Answer, Outcome

ACCEPTED = Answer(Outcome.ACCEPTED, 202)


def record(*answers: dict[str, Answer], record_id: str | None = "r-1", message_id: str = "m-1") -> Record:
    """A record with an entry for each of the given answers."""
    entries = tuple(Entry(Notification(message_id), {}) for _ in answers)
    for entry, given in zip(entries, answers, strict=True):
        entry.answers.update(given)
    return Record(record_id, entries)


def restored(cache: AcceptedCache, again: Record) -> list[dict[str, Answer]]:
    """The answers of the record's entries when it has come back."""
    cache.restore([again])
    return [entry.answers for entry in again.entries]


def test_accepted_answers_are_given_back_and_forgotten() -> None:
    cache = AcceptedCache()
    cache.keep(record({"events": ACCEPTED, "logs": Answer(Outcome.RETRY, 503)}, {"logs": ACCEPTED}, {}))
    assert restored(cache, record({}, {}, {})) == [{"events": ACCEPTED}, {"logs": ACCEPTED}, {}]
    assert restored(cache, record({}, {}, {})) == [{}, {}, {}]


def test_requests_are_counted_once() -> None:
    """The attempts of an earlier invocation are none of this one."""
    cache = AcceptedCache()
    cache.keep(record({"events": Answer(Outcome.ACCEPTED, 202, attempts=3)}))
    assert restored(cache, record({})) == [{"events": ACCEPTED}]


def test_refusals_are_not_remembered() -> None:
    """They come back with the record, or the dead-letter queue would lack them."""
    cache = AcceptedCache()
    cache.keep(record({"events": Answer(Outcome.REFUSED, 400)}, {"events": Answer(Outcome.RETRY)}))
    assert restored(cache, record({}, {})) == [{}, {}]


def test_a_record_is_known_by_its_sqs_id() -> None:
    cache = AcceptedCache()
    cache.keep(record({"events": ACCEPTED}, record_id="r-1"))
    assert restored(cache, record({}, record_id="r-2")) == [{}]
    assert restored(cache, record({}, record_id="r-1", message_id="m-2")) == [{"events": ACCEPTED}]


def test_without_a_queue_the_sns_id_is_the_records() -> None:
    cache = AcceptedCache()
    cache.keep(record({"events": ACCEPTED}, record_id=None))
    assert restored(cache, record({}, record_id="m-1")) == [{}]
    assert restored(cache, record({}, record_id=None, message_id="m-2")) == [{}]
    assert restored(cache, record({}, record_id=None)) == [{"events": ACCEPTED}]


def test_without_an_id_nothing_is_remembered() -> None:
    cache = AcceptedCache()
    cache.keep(record({"events": ACCEPTED}, record_id=None, message_id=""))
    assert restored(cache, record({}, record_id=None, message_id="")) == [{}]
    several = Record(None, (*record({"events": ACCEPTED}).entries, *record({}, message_id="m-2").entries))
    cache.keep(several)
    assert restored(cache, record({}, record_id=None)) == [{}]


def test_the_oldest_are_forgotten_first() -> None:
    cache = AcceptedCache()
    for number in range(1001):
        cache.keep(record({"events": ACCEPTED}, record_id=f"r-{number}"))
    assert restored(cache, record({}, record_id="r-0")) == [{}]
    assert restored(cache, record({}, record_id="r-1")) == [{"events": ACCEPTED}]
    assert restored(cache, record({}, record_id="r-1000")) == [{"events": ACCEPTED}]


def test_a_settled_record_is_known_by_its_sqs_id_only() -> None:
    cache = AcceptedCache()
    cache.keep_settled(record({"events": ACCEPTED}, record_id="r-1"))
    cache.keep_settled(record({"events": ACCEPTED}, record_id=None))
    assert cache.is_settled(record({}, record_id="r-1"))
    assert not cache.is_settled(record({}, record_id="r-2"))
    assert not cache.is_settled(record({}, record_id=None))
