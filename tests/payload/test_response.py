"""What a response means: accepted only by Datadog itself, refused only for good, and when to try again."""

from __future__ import annotations

import pytest
from requests.structures import CaseInsensitiveDict

from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.response import Response, answer_of, is_accepted, retry_after


@pytest.mark.parametrize(
    ("status", "content", "accepted"),
    [
        (202, b"", True),
        (202, b"<html>", True),
        (200, b'{"status": "ok", "event": {}}', True),
        (200, b"{}", True),
        (200, b'{"status": "error"}', False),
        (200, b'{"message": "blocked by a proxy"}', False),
        (200, b"<html>Sign in</html>", False),
        (200, b"", False),
        (204, b"", False),
        (201, b"[]", False),
        (200, b"\xff", False),
        (302, b"{}", False),
    ],
)
def test_acceptance_is_datadogs_own_answer(status: int, content: bytes, accepted: bool) -> None:
    assert is_accepted(status, content) is accepted


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (202, Outcome.ACCEPTED, ""),
        (200, Outcome.RETRY, "HTTP 200, but not from Datadog"),
        (400, Outcome.REFUSED, "HTTP 400"),
        (403, Outcome.RETRY, "HTTP 403"),
        (404, Outcome.RETRY, "HTTP 404"),
        (413, Outcome.REFUSED, "HTTP 413"),
        (422, Outcome.REFUSED, "HTTP 422"),
        (503, Outcome.RETRY, "HTTP 503"),
    ],
)
def test_only_what_no_retry_changes_is_refused(status: int, outcome: Outcome, reason: str) -> None:
    response = Response(status, {}, b"<html>")
    assert answer_of(response, 3, has_smaller_body=False) == Answer(outcome, status, reason, attempts=3)


def test_too_large_is_tried_again_while_there_is_a_smaller_body() -> None:
    assert answer_of(Response(413, {}), 1, has_smaller_body=True).outcome is Outcome.RETRY


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.5),
        ({"Retry-After": "2"}, 2),
        ({"X-RateLimit-Reset": "2"}, 2),
        ({"retry-after": "3", "X-RateLimit-Reset": "2"}, 3),
        ({"Retry-After": "0"}, 0.5),
        ({"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}, 0.5),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "2"}, 2),
        ({"Retry-After": "inf"}, 0.5),
        ({"Retry-After": "nan"}, 0.5),
        ({"Retry-After": "1e9"}, 86_400),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(CaseInsensitiveDict(headers), backoff=0.5) == seconds
