"""Clients of AWS give up in time and share what is slow to make; of an error, only its code is told."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deep_security_datadog.aws import sdk
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
