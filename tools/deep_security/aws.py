"""The access keys of the IAM user that Deep Security publishes as, and whether messages come through the topic."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools.deep_security.texts import TEXTS, Refusal, say

VALID_SECONDS = 60
POLL_SECONDS = 15
# SNS hands its metrics to CloudWatch in steps of five minutes.
METRIC_SECONDS = 300


@dataclass(frozen=True)
class AccessKey:
    id: str
    active: bool = True
    secret: str = field(default="", repr=False)


class AccessKeys:
    """Those of one user."""

    def __init__(self, user: str, topic_arn: str) -> None:
        self.user = user
        self._region = topic_arn.split(":")[3]
        self._iam = _client("iam", self._region)

    def list(self) -> list[AccessKey]:
        found = _call(self._iam.list_access_keys, UserName=self.user)["AccessKeyMetadata"]
        return [AccessKey(key["AccessKeyId"], key["Status"] == "Active") for key in found]

    def create(self) -> AccessKey:
        before = {key.id for key in self.list()}
        # A second attempt could make a second key.
        once = _client("iam", self._region, config=Config(retries={"total_max_attempts": 1}))
        try:
            made = _call(once.create_access_key, UserName=self.user)["AccessKey"]
        except BaseException:
            # A key whose answer got lost is of no use: its secret got lost too.
            for key in self.list():
                if key.id not in before:
                    self.delete(key)
            raise
        return AccessKey(made["AccessKeyId"], secret=made["SecretAccessKey"])

    def wait_until_valid(self, key: AccessKey) -> object:
        """It takes some seconds until a new key is known everywhere."""
        sts = _client("sts", self._region, aws_access_key_id=key.id, aws_secret_access_key=key.secret)
        deadline = time.monotonic() + VALID_SECONDS
        while True:
            try:
                return _call(sts.get_caller_identity)
            except Refusal:
                if time.monotonic() > deadline:
                    raise
            time.sleep(2)

    def deactivate(self, key: AccessKey) -> None:
        _call(self._iam.update_access_key, UserName=self.user, AccessKeyId=key.id, Status="Inactive")

    def delete(self, key: AccessKey) -> None:
        _call(self._iam.delete_access_key, UserName=self.user, AccessKeyId=key.id)


def wait_for_message(topic_arn: str, minutes: float) -> bool:
    """Whether a message comes through the topic that was published after now."""
    start = math.ceil(time.time() / METRIC_SECONDS) * METRIC_SECONDS
    end = start + minutes * 60
    say(f"Until {_clock(start)} messages do not count: the former key may have signed them.")
    time.sleep(start - time.time())
    say(f"Press the test button in Deep Security, unless events come by themselves. Waiting until {_clock(end)}.")
    while not (published := _published(topic_arn, start)) and time.time() < end:
        time.sleep(POLL_SECONDS)
        say(f"  {_clock(time.time())}: no message yet")
    return published


def _published(topic_arn: str, start: float) -> bool:
    _, _, _, region, _, name = topic_arn.split(":")
    metric = {"Namespace": "AWS/SNS", "MetricName": "NumberOfMessagesPublished", "Statistics": ["Sum"]}
    times = {"StartTime": start, "EndTime": time.time() + METRIC_SECONDS, "Period": METRIC_SECONDS}
    topic = {"Dimensions": [{"Name": "TopicName", "Value": name}]}
    statistics = _call(_client("cloudwatch", region).get_metric_statistics, **metric, **times, **topic)
    return any(point["Sum"] for point in statistics["Datapoints"])


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M", time.localtime(seconds))


def _client(service: str, region: str, **options: object) -> Any:
    return _call(boto3.client, service_name=service, region_name=region, **options)


def _call(operation: Callable[..., Any], **arguments: object) -> Any:
    try:
        return operation(**arguments)
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise Refusal(f"AWS: {error}. {TEXTS['aws'].get(code, '')}") from None
