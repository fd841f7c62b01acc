"""The entry point as Lambda calls it."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
import responses

from deep_security_datadog import handler
from deep_security_datadog.settings import SettingsError
from tests.support import EVENTS_URL, sample, sqs_record


class LambdaContext:
    aws_request_id = "q-1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 30_000


@pytest.fixture(autouse=True)
def cold_start(fake_aws: None) -> Iterator[None]:
    handler._forwarder.cache_clear()
    yield
    handler._forwarder.cache_clear()


def test_from_lambda_to_datadog(monkeypatch: pytest.MonkeyPatch, intake: responses.RequestsMock) -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="the-key", Type="SecureString")
    monkeypatch.setenv("DD_API_KEY_SSM_NAME", "/datadog")
    intake.post(EVENTS_URL, status=202, match=[responses.matchers.header_matcher({"DD-API-KEY": "the-key"})])
    for _ in range(2):
        answer = handler.lambda_handler({"Records": [sqs_record(sample("TestSNS"))]}, LambdaContext())
        assert answer == {"batchItemFailures": []}
    assert len(intake.calls) == 2


def test_an_unusable_environment_is_an_error_and_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DD_API_KEY_SSM_NAME", raising=False)
    with pytest.raises(SettingsError):
        handler.lambda_handler({"Records": []}, LambdaContext())
