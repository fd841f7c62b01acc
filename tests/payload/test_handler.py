"""The entry point as Lambda calls it."""

import json
from collections.abc import Iterator
from types import SimpleNamespace

import boto3
import pytest
import responses

from deep_security_datadog import handler
from deep_security_datadog.settings import SettingsError
from tests.support import EVENTS_URL, sample, sqs_record


def context(*, milliseconds: int = 30_000, request_id: str = "q-1") -> SimpleNamespace:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds, aws_request_id=request_id)


@pytest.fixture(autouse=True)
def cold_start(fake_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="the-key", Type="SecureString")
    monkeypatch.setenv("DD_API_KEY_SSM_NAME", "/datadog")
    handler._forwarder.cache_clear()
    yield
    handler._forwarder.cache_clear()


def test_from_lambda_to_datadog(intake: responses.RequestsMock, capsys: pytest.CaptureFixture[str]) -> None:
    intake.post(EVENTS_URL, status=202, match=[responses.matchers.header_matcher({"DD-API-KEY": "the-key"})])
    for number in (1, 2):
        answer = handler.lambda_handler(
            {"Records": [sqs_record(sample("TestSNS"), record_id=f"r-{number}")]}, context(request_id=f"q-{number}")
        )
        assert answer == {"batchItemFailures": []}
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["request_id"] == f"q-{number}"
    assert len(intake.calls) == 2


@pytest.mark.parametrize("milliseconds", [0, 3_900])
def test_with_too_little_time_left_everything_comes_back(intake: responses.RequestsMock, milliseconds: int) -> None:
    answer = handler.lambda_handler({"Records": [sqs_record(sample("TestSNS"))]}, context(milliseconds=milliseconds))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "r-1"}]}
    assert len(intake.calls) == 0


def test_an_unusable_environment_is_an_error_and_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DD_API_KEY_SSM_NAME")
    with pytest.raises(SettingsError):
        handler.lambda_handler({"Records": []}, context())
