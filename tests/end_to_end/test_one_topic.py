"""One topic in a security account, publishers in two other accounts, as examples/one-topic makes them."""

from __future__ import annotations

import json

from tests.end_to_end.stack import Copy
from tools import samples

SECURITY = "222233334444"
MEMBERS = {"production": "333344445555", "staging": "666677778888"}
REGION = "eu-central-1"


def test_events_of_both_accounts_arrive_once(one_topic: Copy) -> None:
    events = samples.events_of(samples.messages()["SystemEvent"])[:2]
    for account, event in zip(MEMBERS.values(), events, strict=True):
        samples.publish(one_topic.aws.client("sns", account, REGION), one_topic.outputs["topic_arn"], [event])
    received = one_topic.received(2)
    assert {tag for event in received for tag in event["tags"] if tag.startswith("topic_account:")} == {
        f"topic_account:{SECURITY}"
    }
    assert len({event["text"] for event in received}) == 2


def test_second_plan_is_empty(one_topic: Copy) -> None:
    assert one_topic.changes() == []


def test_the_topic_lets_these_accounts_publish(one_topic: Copy) -> None:
    sns = one_topic.aws.client("sns", SECURITY, REGION)
    attributes = sns.get_topic_attributes(TopicArn=one_topic.outputs["topic_arn"])["Attributes"]
    assert allowed(attributes["Policy"], "sns:Publish") == {
        f"arn:aws:iam::{account}:root" for account in MEMBERS.values()
    }
    assert attributes["KmsMasterKeyId"] == one_topic.outputs["kms_key_arn"]


def test_the_key_is_for_whoever_uses_topic_and_queues(one_topic: Copy) -> None:
    kms = one_topic.aws.client("kms", SECURITY, REGION)
    policy = kms.get_key_policy(KeyId=one_topic.outputs["kms_key_arn"], PolicyName="default")["Policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    assert set(statements) == {"AccountAdministers", "PublishersEncrypt", "TopicsEncrypt", "FunctionUsesQueues"}
    assert set(statements["PublishersEncrypt"]["Principal"]["AWS"]) == {
        f"arn:aws:iam::{account}:root" for account in (SECURITY, *MEMBERS.values())
    }
    assert statements["TopicsEncrypt"]["Condition"] == {
        "ArnEquals": {"aws:SourceArn": [one_topic.outputs["topic_arn"]]}
    }


def test_each_account_has_a_user_that_may_publish_with_the_key(one_topic: Copy) -> None:
    for member, account in MEMBERS.items():
        user = one_topic.outputs["publisher_user_names"][member]
        iam = one_topic.aws.client("iam", account, REGION)
        [attached] = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
        version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
        policy = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
        assert {tuple(statement["Resource"]) for statement in policy["Statement"]} == {
            (one_topic.outputs["topic_arn"],),
            (one_topic.outputs["kms_key_arn"],),
        }


def allowed(policy: str, action: str) -> set[str]:
    """The principals that a policy allows an action."""
    return {
        principal
        for statement in json.loads(policy)["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == action
        for principal in statement["Principal"]["AWS"]
    }
