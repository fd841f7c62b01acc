"""IAM's refusals, keys that take a while, and the wait for a message."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.deep_security.conftest import TOPIC, Site
from tools.deep_security import aws
from tools.deep_security.aws import AccessKeys
from tools.deep_security.texts import Refusal


class FakeTime:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self) -> None:
        # In the middle of the five minutes that CloudWatch counts.
        self.now = time.time() // 300 * 300 + 130
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def strftime(self, _format: str, _when: object) -> str:
        return "10:00"

    def localtime(self, _seconds: float) -> None:
        return None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    clock = FakeTime()
    monkeypatch.setattr(aws, "time", clock)
    return clock


@pytest.fixture
def user() -> Iterator[str]:
    with mock_aws():
        boto3.client("iam", region_name="us-east-1").create_user(UserName="publisher")
        yield "publisher"


def test_no_third_key(user: str) -> None:
    keys = AccessKeys(user, TOPIC)
    assert keys.create().secret
    keys.create()
    with pytest.raises(Refusal, match=r"LimitExceeded.*A user can have two access keys"):
        keys.create()
    assert len(keys.list()) == 2


def test_the_secret_is_not_in_the_key_that_is_shown(user: str) -> None:
    key = AccessKeys(user, TOPIC).create()
    assert key.secret and key.secret not in f"{key!r} {key}"


def test_an_unknown_user(site: Site) -> None:
    run = site.run("apply", "--yes", "--user", "nobody")
    assert run.code == 2 and "NoSuchEntity" in run.errors and "AWS_PROFILE" in run.errors


def test_no_credentials(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(site.folder))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    run = site.run("show")
    assert run.code == 2 and "Sign in to AWS first" in run.errors
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_a_profile_that_is_not_there(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobodys")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    run = site.run("show")
    assert run.code == 2 and "nobodys" in run.errors
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_a_missing_permission_leads_to_the_list() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "ListAccessKeys")
    with pytest.raises(Refusal, match=r"ListAccessKeys.*docs/setup-deep-security.md lists the permissions"):
        aws._call(failing(denied))


def failing(error: Exception) -> Any:
    def fail() -> None:
        raise error

    return fail


def test_a_new_key_is_waited_for(user: str, clock: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = ClientError({"Error": {"Code": "InvalidClientTokenId"}}, "GetCallerIdentity")
    answers: Iterator[Any] = iter([unknown, unknown, {"Account": "111122223333"}])

    class Sts:
        def get_caller_identity(self) -> Any:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

    keys = AccessKeys(user, TOPIC)
    key = keys.create()
    used = {}
    monkeypatch.setattr(aws, "_client", lambda *_, **options: used.update(options) or Sts())
    keys.wait_until_valid(key)
    assert clock.slept == [2, 2]
    assert (used["aws_access_key_id"], used["aws_secret_access_key"]) == (key.id, key.secret)
    answers = iter([unknown] * 100)
    with pytest.raises(Refusal, match="InvalidClientTokenId"):
        keys.wait_until_valid(key)


def test_a_message_ends_the_wait(site: Site, clock: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    later = publish_at(monkeypatch, clock, after=aws.METRIC_SECONDS + 90)
    assert aws.wait_for_message(TOPIC, 15)
    assert later <= clock.now < later + aws.POLL_SECONDS
    assert "Press the test button" in "".join(site.capture())


def test_a_message_that_the_former_key_may_have_signed_does_not_count(
    site: Site, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_at(monkeypatch, clock, after=1)
    start = clock.now
    assert not aws.wait_for_message(TOPIC, 15)
    assert 15 * 60 <= clock.now - start <= 15 * 60 + aws.METRIC_SECONDS + aws.POLL_SECONDS


def publish_at(monkeypatch: pytest.MonkeyPatch, clock: FakeTime, after: float) -> float:
    """One message at that time, as CloudWatch counts it: at the beginning of its five minutes."""
    when = clock.now + after

    class CloudWatch:
        def get_metric_statistics(self, **asked: Any) -> Any:
            assert asked["Namespace"] == "AWS/SNS" and asked["MetricName"] == "NumberOfMessagesPublished"
            assert asked["Dimensions"] == [{"Name": "TopicName", "Value": "deep-security-datadog"}]
            stamp = when // asked["Period"] * asked["Period"]
            counted = clock.now >= when and asked["StartTime"] <= stamp < asked["EndTime"]
            return {"Datapoints": [{"Timestamp": stamp, "Sum": 1.0}] if counted else []}

    monkeypatch.setattr(aws, "_client", lambda *_, **__: CloudWatch())
    return when


def test_rotate_waits_for_the_metric_of_the_emulator(
    applied: Site, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    [old] = applied.keys()
    run = applied.run("rotate", "--yes", "--wait", "1")
    new = applied.manager.setting("AccessKey")
    assert run.code == 2 and "No message came" in run.errors and f"works with {new}" in run.errors
    assert applied.keys() == {old: "Active", new: "Active"}
    topic = [{"Name": "TopicName", "Value": "deep-security-datadog"}]
    metric = {"MetricName": "NumberOfMessagesPublished", "Dimensions": topic, "Timestamp": clock.now + 300, "Value": 3}
    boto3.client("cloudwatch", region_name="us-east-1").put_metric_data(Namespace="AWS/SNS", MetricData=[metric])
    assert applied.run("rotate", "--yes", "--resume", "--wait", "20").code == 0
    assert applied.keys() == {old: "Inactive", new: "Active"}
