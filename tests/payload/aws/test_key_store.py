"""The text of a secret, wherever it is kept, and where and why it cannot be read."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from deep_security_datadog.aws import sdk
from deep_security_datadog.aws.sdk import reader
from deep_security_datadog.log import LoggableError

pytestmark = pytest.mark.usefixtures("fake_aws")


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
