"""The text of a secret, wherever it is kept, and where and why it cannot be read."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from deep_security_datadog.aws import sdk
from deep_security_datadog.aws.sdk import reader
from deep_security_datadog.log import LoggableError

pytestmark = pytest.mark.usefixtures("fake_aws")


def test_a_secret_in_the_region_of_its_arn() -> None:
    client = boto3.client("secretsmanager", region_name="eu-west-1")
    arn = client.create_secret(Name="datadog", SecretString='{"DD_API_KEY": "the-key"}')["ARN"]
    assert reader(secret_arn=arn)() == '{"DD_API_KEY": "the-key"}'


def test_a_binary_secret_is_read_too() -> None:
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="datadog", SecretBinary=b"the-key")["ARN"]
    assert reader(secret_arn=arn)() == "the-key"


def test_a_parameter_is_decrypted() -> None:
    boto3.client("ssm").put_parameter(Name="/datadog", Value="the-key", Type="SecureString")
    assert reader(parameter="/datadog")() == "the-key"


def test_a_parameter_can_be_named_by_its_arn() -> None:
    boto3.client("ssm", region_name="eu-west-1").put_parameter(Name="/datadog", Value="the-key", Type="SecureString")
    assert reader(parameter="arn:aws:ssm:eu-west-1:123456789012:parameter/datadog")() == "the-key"


def test_it_is_read_at_each_call() -> None:
    client = boto3.client("ssm")
    read = reader(parameter="/datadog")
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
