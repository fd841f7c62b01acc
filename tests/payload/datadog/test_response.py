"""What a response means: accepted only by Datadog itself, refused only for good, and when to try again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from requests.structures import CaseInsensitiveDict

from deep_security_datadog.datadog.response import answer_of, is_accepted
from deep_security_datadog.outcome import Answer, Outcome


def answer(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_of(status, CaseInsensitiveDict(named), b"<html>")


@pytest.mark.parametrize(
    ("status", "content", "accepted"),
    [
        (202, b"", True),
        (200, b'{"status": "ok", "event": {}}', True),
        (200, b"{}", True),
        (200, b'{"status": "error"}', False),
        (200, b'{"message": "blocked by a proxy"}', False),
        (200, b"<html>Sign in</html>", False),
        (200, b"[" * 100_000, False),
        (200, b"\xff", False),
        (302, b"{}", False),
    ],
)
def test_acceptance_is_datadogs_own_answer(status: int, content: bytes, accepted: bool) -> None:
    assert is_accepted(status, content) is accepted


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503])
def test_only_what_no_retry_changes_is_refused(status: int) -> None:
    found = answer_of(status, {}, b"<html>")
    reason = f"HTTP {status}" if status >= 300 else f"HTTP {status}, but not from Datadog"
    outcome = Outcome.REFUSED if status in {400, 413, 422} else Outcome.RETRY
    assert found == Answer(outcome, status, reason, attempts=1, is_rate_limit=status == 429)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry_after": "3", "X_RateLimit_Reset": "2"}, 3),
        ({"Retry_After": "-1"}, 0),
        ({"Retry_After": "soon", "X_RateLimit_Reset": "2"}, 2),
        ({"Retry_After": "inf"}, 0),
        ({"Retry_After": "1e9"}, 86_400),
        ({"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400),
        ({"Retry_After": "Fri, 31 Dec 9999 23:59:59"}, 0),
        ({"Retry_After": "Fri, 31 Dec 99999 23:59:59 GMT"}, 0),
    ],
)
def test_a_rate_limit_says_how_long(headers: dict[str, str], seconds: float) -> None:
    found = answer(429, **headers)
    assert (found.retry_after, found.is_rate_limit) == (seconds, True)


@pytest.mark.parametrize("status", [301, 302, 401, 403, 404, 408, 500, 502, 503, 504])
def test_retry_after_counts_only_with_a_rate_limit_or_an_overload_and_may_be_a_date(status: int) -> None:
    """RFC 9110, 10.2.3."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert (60 < answer(status, Retry_After=date).retry_after <= 90) is (status == 503)


@pytest.mark.parametrize("status", [403, 500, 503])
def test_the_reset_counts_only_when_nothing_remains(status: int) -> None:
    """Datadog sends it with every answer: 180 events waited 50 minutes for one 503."""
    passing = answer(status, X_RateLimit_Reset="3000", X_RateLimit_Remaining="249000")
    assert (passing.retry_after, passing.is_rate_limit) == (0, False)
    spent = answer(status, X_RateLimit_Reset="3000", X_RateLimit_Remaining=" 0 ")
    assert (spent.retry_after, spent.is_rate_limit) == (3000, True)


def test_an_accepted_one_asks_for_no_wait() -> None:
    """The last of a period is accepted with nothing remaining."""
    assert answer(202, X_RateLimit_Reset="40", X_RateLimit_Remaining="0") == Answer(Outcome.ACCEPTED, 202, attempts=1)
