"""Where the API key comes from, and how long it is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws

from deep_security_datadog.api_key import ApiKey, ApiKeyUnavailable, reader
from deep_security_datadog.settings import Settings


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


def read(**environment: str) -> str:
    return reader(Settings.from_environment(environment))()


@pytest.mark.parametrize("secret", ["the-key", '{"DD_API_KEY": "the-key"}'])
def test_secret(secret: str) -> None:
    client = boto3.client("secretsmanager", region_name="eu-west-1")
    arn = client.create_secret(Name="datadog", SecretString=secret)["ARN"]
    assert read(DD_API_KEY_SECRET_ARN=arn) == "the-key", "the region is the one of the ARN"


def test_parameter_is_decrypted() -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="the-key", Type="SecureString")
    assert read(DD_API_KEY_SSM_NAME="/datadog") == "the-key"


def test_absent_secret_says_where_and_why() -> None:
    with pytest.raises(ApiKeyUnavailable, match=r"/absent.*ParameterNotFound"):
        read(DD_API_KEY_SSM_NAME="/absent")


def test_json_without_the_key() -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value='{"other": "secret-value"}', Type="SecureString")
    with pytest.raises(ApiKeyUnavailable, match="DD_API_KEY") as raised:
        read(DD_API_KEY_SSM_NAME="/datadog")
    assert "secret-value" not in str(raised.value)


def test_cached_until_the_interval_is_over() -> None:
    values, now = iter(["one", "two"]), [0.0]
    key = ApiKey(lambda: next(values), reload_interval=10, clock=lambda: now[0])
    assert [key.get(), key.get()] == ["one", "one"]
    now[0] = 10
    assert key.get() == "two"


def test_the_known_key_outlives_a_failing_reload() -> None:
    answers = iter(["one"])

    def read_once() -> str:
        try:
            return next(answers)
        except StopIteration:
            raise ApiKeyUnavailable("throttled") from None

    key = ApiKey(read_once, reload_interval=0)
    assert [key.get(), key.get()] == ["one", "one"]


def test_empty_key() -> None:
    with pytest.raises(ApiKeyUnavailable):
        ApiKey(lambda: " \n", reload_interval=1).get()


def test_several_at_once_are_one_read() -> None:
    reads = []

    def slowly() -> str:
        reads.append(1)
        time.sleep(0.05)
        return "the-key"

    key = ApiKey(slowly, reload_interval=300)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: key.get(), range(8))) == ["the-key"] * 8
    assert len(reads) == 1
