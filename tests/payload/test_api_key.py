"""Where the API key comes from, and how long it is kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from deep_security_datadog import aws
from deep_security_datadog.api_key import FAILURE_REMEMBERED, RELOAD_RETRY, ApiKey, ApiKeyUnavailable, reader

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
    values = iter(["one", "two"])
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


@pytest.mark.parametrize("secret", [" ", "two words", '{"DD_API_KEY": ""}', '{"other": "x"}', "[]", "null", "key\x00"])
def test_what_is_no_key_says_so_when_it_is_read(secret: str, fake_aws: None) -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value=secret, Type="SecureString")
    with pytest.raises(ApiKeyUnavailable, match="the secret") as raised:
        ApiKey(reader(parameter="/datadog"), reload_interval=1).get()
    assert secret.strip() == "" or secret not in str(raised.value)


KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        f" {KEY}\n",
        f'"{KEY}"',
        f'{{"DD_API_KEY": "{KEY}"}}',
        f'{{"dd_api_key": " {KEY} "}}',
        f'{{"apiKey": "{KEY}", "other": 1}}',
    ],
)
def test_forms_of_the_secret(secret: str, fake_aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value=secret, Type="SecureString")
    assert reader(parameter="/datadog")() == KEY
    assert capsys.readouterr().out == ""


def test_a_key_of_digits_is_no_number(fake_aws: None) -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="0" * 32, Type="SecureString")
    assert reader(parameter="/datadog")() == "0" * 32


def test_a_key_of_another_form_is_used_with_a_warning(fake_aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="placeholder", Type="SecureString")
    assert reader(parameter="/datadog")() == "placeholder"
    line = capsys.readouterr().out
    assert "does not look like an API key" in line and "placeholder" not in line


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_failed_read_is_remembered_for_some_seconds() -> None:
    reads, clock = [], Clock()

    def read() -> str:
        reads.append(1)
        raise ApiKeyUnavailable("throttled")

    key = ApiKey(read, reload_interval=300, clock=clock)
    for _ in range(20):
        with pytest.raises(ApiKeyUnavailable, match="the API key cannot be read: throttled"):
            key.get()
    assert len(reads) == 1
    clock.now = FAILURE_REMEMBERED
    with pytest.raises(ApiKeyUnavailable):
        key.get()
    assert len(reads) == 2


def test_a_known_key_is_used_on_and_the_next_reload_waits() -> None:
    reads, clock = [], Clock()

    def read() -> str:
        reads.append(1)
        if len(reads) == 2:
            raise ApiKeyUnavailable("throttled")
        return f"key-{len(reads)}"

    key = ApiKey(read, reload_interval=10, clock=clock)
    assert key.get() == "key-1"
    clock.now = 10
    assert [key.get() for _ in range(20)] == ["key-1"] * 20
    clock.now = 10 + RELOAD_RETRY[0] - 0.1
    assert (key.get(), len(reads)) == ("key-1", 2)
    clock.now = 10 + RELOAD_RETRY[1]
    assert (key.get(), len(reads)) == ("key-3", 3)


def test_a_read_that_hangs_ends_in_time() -> None:
    release = Event()
    with pytest.raises(ApiKeyUnavailable, match="no answer within 0 s"):
        ApiKey(lambda: str(release.wait(10)), reload_interval=300).get(seconds=0.1)
    release.set()


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
