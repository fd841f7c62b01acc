"""The tests' idea of Datadog's API answers what Datadog was recorded to answer.

The recordings are from the public tests of DataDog/terraform-provider-datadog and DataDog/datadog-api-client-python:
those of the kinds that examples/datadog uses, without ids, times and authors.
"""

import json
from pathlib import Path

import pytest

from tests.repository import datadog_api
from tests.repository.datadog_api import Body

RECORDED = json.loads((Path(__file__).parent / "recorded_answers.json").read_text())
CASES = [(kind, case) for kind, cases in RECORDED.items() for case in cases]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_each_recorded_answer(kind: str, case: Body) -> None:
    assert datadog_api.ANSWERS[kind](case["sent"]) == case["answered"], case["recorded_by"]


@pytest.mark.parametrize(
    ("status", "tags"),
    [
        (200, ["team:security", "env:prod-eu/1.2", "team:security_ops"]),
        (400, ["Team:Security Ops", "team:Security", "team:a b", "1team:x", "team:a__b", "team:a_"]),
    ],
)
def test_tags_that_pipelines_take_and_refuse(status: int, tags: list[str]) -> None:
    with datadog_api.running() as api:
        bodies = [{"name": "x", "processors": [], "tags": [tag]} for tag in tags]
        assert {api.answer("POST", "/api/v1/logs/config/pipelines", body)[0] for body in bodies} == {status}
