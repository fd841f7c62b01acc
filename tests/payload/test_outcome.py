"""Answers are values: equal by content, and never changed in place, as several events share one."""

from __future__ import annotations

import pytest

from deep_security_datadog.outcome import Answer, Outcome


def test_an_answer_that_nobody_gave() -> None:
    answer = Answer(Outcome.RETRY)
    assert answer == Answer(Outcome.RETRY, status=None, reason="", attempts=0, retry_after=0.0)


def test_an_answer_cannot_be_changed() -> None:
    shared = Answer(Outcome.REFUSED, 400, "HTTP 400")
    with pytest.raises(AttributeError):
        shared.status = 202  # type: ignore[misc]
    assert shared._replace(retry_after=3.0) != shared
