"""One line of JSON."""

from __future__ import annotations

import json

import pytest

from deep_security_datadog import log


def test_a_line_is_one_object_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.write("WARNING", "two\nlines", reason="x")
    text = capsys.readouterr().out
    assert text.endswith("\n") and text.count("\n") == 1
    assert json.loads(text) == {"level": "WARNING", "message": "two\nlines", "reason": "x"}
