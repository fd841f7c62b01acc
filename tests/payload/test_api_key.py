"""Where the API key comes from, and how long it is kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from deep_security_datadog import aws
from deep_security_datadog.api_key import ApiKey, ApiKeyUnavailable, reader

pytestmark = pytest.mark.usefixtures("fake_aws")


def read(**name: str) -> str:
    return reader(**name)()


@pytest.mark.parametrize("secret", ["the-key", '{"DD_API_KEY": "the-key"}'])
def test_secret_in_the_region_of_its_arn(secret: str) -> None:
    client = boto3.client("secretsmanager", region_name="eu-west-1")
    arn = client.create_secret(Name="datadog", SecretString=secret)["ARN"]
    assert read(secret_arn=arn) == "the-key"


def test_a_key_that_happens_to_be_json_is_the_key() -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="1234567890", Type="SecureString")
    assert read(parameter="/datadog") == "1234567890"


def test_parameter_is_decrypted() -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="the-key", Type="SecureString")
    assert read(parameter="/datadog") == "the-key"


def test_a_binary_secret_is_read_too() -> None:
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="datadog", SecretBinary=b"the-key")["ARN"]
    assert read(secret_arn=arn) == "the-key"


def test_a_parameter_can_be_named_by_its_arn() -> None:
    boto3.client("ssm", region_name="eu-west-1").put_parameter(Name="/datadog", Value="the-key", Type="SecureString")
    assert read(parameter="arn:aws:ssm:eu-west-1:123456789012:parameter/datadog") == "the-key"


def test_absent_secret_says_where_and_why() -> None:
    with pytest.raises(ApiKeyUnavailable, match=r"/absent.*ParameterNotFound"):
        read(parameter="/absent")


def test_no_answer_of_aws_says_where_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://ssm")

    monkeypatch.setattr(aws, "client", unreachable)
    with pytest.raises(ApiKeyUnavailable, match=r"/datadog: EndpointConnectionError"):
        read(parameter="/datadog")


def test_json_without_the_key() -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value='{"other": "secret-value"}', Type="SecureString")
    with pytest.raises(ApiKeyUnavailable, match="DD_API_KEY") as raised:
        read(parameter="/datadog")
    assert "secret-value" not in str(raised.value)


def test_cached_until_the_interval_is_over() -> None:
    values, now = iter(["one", "two"]), [0.0]
    key = ApiKey(lambda: next(values), reload_interval=10, clock=lambda: now[0])
    assert [key.get(), key.get()] == ["one", "one"]
    now[0] = 10
    assert key.get() == "two"


def test_read_each_time_without_an_interval() -> None:
    values = iter(["one", "two"])
    key = ApiKey(lambda: next(values), reload_interval=0)
    assert [key.get(), key.get()] == ["one", "two"]


def test_reload_reads_at_once() -> None:
    values = iter(["one", " two\n"])
    key = ApiKey(lambda: next(values), reload_interval=300)
    assert [key.get(), key.reload(), key.get()] == ["one", "two", "two"]


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
