"""What is settled of a record that waits is remembered, and nothing else."""

import pytest

from deep_security_datadog.aws import accepted_cache, envelope
from deep_security_datadog.aws.accepted_cache import AcceptedCache
from deep_security_datadog.aws.delivery import Debt
from deep_security_datadog.aws.envelope import Record
from tests.support import ACCEPTED, RETRY, answered, events, sns_record, sqs_record


def record(message: object = events(3), *, share: int = 99, **ids: str) -> Record:
    return envelope.read(sqs_record(message, **ids), share)


def direct(message: object = events(3), **ids: str) -> Record:
    return envelope.read(sns_record(message, **ids), 99)


SEVERAL = Record(None, (*direct().entries, *direct(message_id="m-2").entries))
NAMELESS = Record(None, (*direct().entries, *direct(message_id="").entries))


def kept(cache: AcceptedCache, one: Record, *accepted: Debt, settled: tuple[Debt, ...] = ()) -> None:
    """Keeps the record with these answers; nothing else is accepted."""
    places = [place for place, entry in enumerate(one.entries) if entry.properties is not None]
    answers = [
        {name: ACCEPTED if (place, name) in accepted else RETRY for name in ("events", "logs")} for place in places
    ]
    cache.remember(answered(one, *answers, settled=settled))


def test_what_was_accepted_or_is_in_a_queue_need_not_be_repeated() -> None:
    cache = AcceptedCache()
    one = record('[{},{},{},"\ud800"]')
    kept(cache, one, (0, "events"), (1, "logs"), settled=((2, "events"), (3, None)))
    expected = {(0, "events"), (1, "logs"), (2, "events"), (3, None)}
    assert cache.settled_of(one) == cache.settled_of(one) == expected, "asking changes nothing"


def test_a_record_is_known_only_if_it_holds_the_same() -> None:
    """By place, an event counted as settled that was never sent: of two parts of a message, or with a smaller share."""
    cache = AcceptedCache()
    kept(cache, direct(), (0, "events"))
    kept(cache, record(share=2), settled=((2, None),))
    assert cache.settled_of(record(share=2)) == {(2, None)}
    others = (direct(events(3)[1:]), direct([{}, *events(3)[1:]]), record(share=1))
    assert not any(map(cache.settled_of, others))


def test_a_record_of_which_nothing_is_settled_takes_no_place() -> None:
    cache = AcceptedCache()
    kept(cache, record())
    assert not cache._debts


@pytest.mark.parametrize(
    ("before", "again", "is_known"),
    [
        (record(), record(), True),
        (record(), record(record_id="r-2"), False),
        (direct(), direct(), True),
        (direct(), direct(message_id="m-2"), False),
        (direct(), record(record_id="m-1"), False),
        (direct(message_id=""), direct(message_id=""), False),
        (SEVERAL, SEVERAL, True),
        (SEVERAL, NAMELESS, False),
        (NAMELESS, NAMELESS, False),
    ],
)
def test_a_record_is_known_by_its_sqs_id_or_without_a_queue_by_its_sns_id(
    before: Record, again: Record, is_known: bool
) -> None:
    cache = AcceptedCache()
    kept(cache, before, (0, "events"))
    assert cache.settled_of(again) == ({(0, "events")} if is_known else set())


def test_a_record_that_is_settled_at_last_is_known_by_its_sqs_id_only() -> None:
    cache = AcceptedCache()
    for one in (record([{}]), direct([{}])):
        kept(cache, one, (0, "events"))
        assert not cache.is_settled(one) and cache.settled_of(one)
        kept(cache, one, (0, "events"), (0, "logs"))
        assert cache.is_settled(one) == (one.record_id is not None) and not cache.settled_of(one)
    assert not cache.is_settled(record(record_id="r-2"))


def test_the_oldest_settled_records_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepted_cache, "MOST_RECORDS", 2)
    cache, records = AcceptedCache(), [record([], record_id=f"r-{number}") for number in range(3)]
    for one in records:
        kept(cache, one)
    assert [cache.is_settled(one) for one in records] == [False, True, True]


def test_the_cache_is_bounded_by_what_it_remembers_of_all_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """By records alone, messages of 4,500 entries filled 228 MB."""
    monkeypatch.setattr(accepted_cache, "MOST_DEBTS", 8)
    cache, records = AcceptedCache(), [record(record_id=f"r-{number}") for number in range(3)]
    for one in records:
        kept(cache, one, *((place, "logs") for place in range(3)))
    assert [len(cache.settled_of(one)) for one in records] == [0, 3, 3]
