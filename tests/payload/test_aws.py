"""Clients of AWS give up in time and share what is slow to make."""

from __future__ import annotations

import pytest

from deep_security_datadog import aws

pytestmark = pytest.mark.usefixtures("fake_aws")


def test_a_client_gives_up_in_time() -> None:
    config = aws.client("sqs").meta.config
    assert (config.connect_timeout, config.read_timeout) == (aws.CONNECT_TIMEOUT, aws.READ_TIMEOUT)
    assert config.retries == {"mode": "standard", "total_max_attempts": aws.MOST_ATTEMPTS}


def test_the_region_is_the_functions_own_or_the_one_that_is_named() -> None:
    assert aws.client("ssm").meta.region_name == "us-east-1"
    assert aws.client("ssm", region="eu-west-1").meta.region_name == "eu-west-1"


def test_clients_share_a_session() -> None:
    assert aws._session() is aws._session()
