"""How long messages wait."""

import pytest

from deep_security_datadog.aws.queues import delay

VISIBILITY_TIMEOUT = 180


def delays(attempt: int, *, longest: int = VISIBILITY_TIMEOUT, asked: float = 0.0) -> set[int]:
    return {delay(attempt, asked=asked, longest=longest) for _ in range(300)}


@pytest.mark.parametrize(
    ("attempt", "longest"), [(0, 0), (1, 10), (2, 20), (3, 40), (4, 50), (10, 50), (11, 100), (12, 180)]
)
def test_the_wait_grows_and_is_never_longer_than_its_step(attempt: int, longest: int) -> None:
    found = delays(attempt)
    assert max(found) == longest
    assert min(found) >= 0.8 * longest - 1
    assert len(found) > 2 or longest in {0, VISIBILITY_TIMEOUT}, "messages should not come back all at once"


@pytest.mark.parametrize("longest", [30, 89, 180, 1147, 5400])
def test_after_twenty_receives_each_takes_a_visibility_timeout(longest: int) -> None:
    """`early_receives` in queue.tf: only these are sooner, and the rest lasts `queue.minimum_outage_hours`."""
    assert all(delays(attempt, longest=longest) == {longest} for attempt in (20, 21, 100))


def test_an_outage_of_five_minutes_is_over_a_minute_later() -> None:
    """Whatever the jitter: as long as the waits are together less than five minutes, none is longer than a minute."""
    waited, attempt = 0.0, 1
    while waited < 300:
        assert max(delays(attempt)) <= 60
        waited += min(delays(attempt))
        attempt += 1


@pytest.mark.parametrize("attempt", [1, 5, 20, 1000, 10**9])
def test_nothing_waits_longer_than_the_visibility_timeout(attempt: int) -> None:
    assert max(delays(attempt, longest=30)) <= 30
    assert max(delays(attempt, asked=86_400.0)) == VISIBILITY_TIMEOUT


def test_datadog_may_ask_for_more() -> None:
    assert min(delays(1, asked=60)) == 60
    assert max(delays(3, asked=1)) == 40
