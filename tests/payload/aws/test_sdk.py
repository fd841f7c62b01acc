"""Clients give up in time and share what is slow to make; a secret is read, or it is told where and why not."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deep_security_datadog.aws import sdk
from deep_security_datadog.aws.sdk import reader
from deep_security_datadog.log import LoggableError

pytestmark = pytest.mark.usefixtures("fake_aws")


def test_a_client_gives_up_in_time_and_is_tried_once_unless_more_is_asked_for() -> None:
    for client, attempts in (
        (sdk.client("sqs", read_timeout=4), 1),
        (sdk.client("ssm", attempts=2, read_timeout=4), 2),
    ):
        config = client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (2, 4)
        assert config.retries == {"mode": "standard", "total_max_attempts": attempts}


@pytest.mark.parametrize(("named", "region"), [(None, "us-east-1"), ("eu-west-1", "eu-west-1")])
def test_the_region_is_the_functions_own_or_the_one_that_is_named(named: str | None, region: str) -> None:
    assert sdk.client("ssm", region=named, read_timeout=4).meta.region_name == region


def test_clients_share_what_is_slow_to_make(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk.client("ssm", read_timeout=4)
    monkeypatch.delattr("botocore.session.get_session")
    sdk.client("sqs", read_timeout=4)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "content"}}, "GetSecretValue"), "AccessDenied"),
        (ClientError({}, "GetSecretValue"), "unknown"),
        (EndpointConnectionError(endpoint_url="https://content"), "EndpointConnectionError"),
        (LoggableError("no answer within 3 s"), "no answer within 3 s"),
    ],
)
def test_of_an_error_only_its_code_is_told(error: Exception, code: str) -> None:
    assert sdk.code_of(error) == code


@pytest.mark.parametrize("content", [{"SecretString": "the-key"}, {"SecretBinary": b"the-key"}])
def test_a_secret_is_read_in_the_region_of_its_arn(content: dict[str, Any]) -> None:
    client = boto3.client("secretsmanager", region_name="eu-west-1")
    assert reader(secret_arn=client.create_secret(Name="datadog", **content)["ARN"])() == "the-key"


@pytest.mark.parametrize(
    ("region", "name"),
    [("us-east-1", "/datadog"), ("eu-west-1", "arn:aws:ssm:eu-west-1:123456789012:parameter/datadog")],
)
def test_a_parameter_is_decrypted_at_each_call(region: str, name: str) -> None:
    client, read = boto3.client("ssm", region_name=region), reader(parameter=name)
    for value in ("one", "two"):
        client.put_parameter(Name="/datadog", Value=value, Type="SecureString", Overwrite=True)
        assert read() == value


def test_an_absent_one_says_where_and_why() -> None:
    with pytest.raises(LoggableError, match=r"^/absent: ParameterNotFound$"):
        reader(parameter="/absent")()


def test_no_answer_of_aws_says_where_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://ssm")

    monkeypatch.setattr(sdk, "client", unreachable)
    with pytest.raises(LoggableError, match=r"^/datadog: EndpointConnectionError$"):
        reader(parameter="/datadog")()
