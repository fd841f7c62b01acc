"""Differences, other topics and what is refused, without any manager."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.deep_security import plan
from tools.deep_security.texts import Refusal

TOPIC = "arn:aws:sns:eu-central-1:111122223333:deep-security"
OTHER = "arn:aws-us-gov:sns:us-gov-west-1:444455556666:siem"
EMPTY = dict.fromkeys(plan.LABELS, "")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def configuration(*topics: str) -> str:
    return json.dumps({"Version": "2014-09-24", "Statement": [{"Topic": topic, "Condition": {}} for topic in topics]})


def test_the_secret_key_is_not_among_what_is_shown_and_kept() -> None:
    assert plan.SECRET_KEY not in plan.LABELS


@pytest.mark.parametrize(
    ("present", "wanted", "same"),
    [
        ("TRUE", "true", True),
        ("false", "true", False),
        ("", "true", False),
        ('{"a": ["x", "y"]}', '{\r\n  "a": ["y", "x"]\r\n}', True),
        ('{"a": ["x"]}', '{"a": ["x", "y"]}', False),
        ('{"a": 1', '{"a": 1}', False),
        (TOPIC, TOPIC, True),
        (TOPIC, TOPIC.upper(), False),
    ],
)
def test_differences(present: str, wanted: str, same: bool) -> None:
    changes = plan.differences({plan.CONFIGURATION: present}, {plan.CONFIGURATION: wanted})
    assert changes == ({} if same else {plan.CONFIGURATION: wanted})


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_json_is_equal_to_itself_in_any_layout(value: object) -> None:
    compact, wide = json.dumps(value), json.dumps(value, indent=3, sort_keys=True)
    assert not plan.differences({plan.CONFIGURATION: compact}, {plan.CONFIGURATION: wide})


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_what_is_described_is_printable(present: str, wanted: str) -> None:
    lines = "\n".join(plan.describe({plan.TOPIC: present}, {plan.TOPIC: wanted})).split("\n")
    assert len(lines) == 3 and all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("present", "wanted", "lost"),
    [
        ({}, plan.wanted(TOPIC, None), []),
        ({plan.TOPIC: TOPIC}, plan.wanted(TOPIC, None), []),
        ({plan.TOPIC: OTHER}, plan.wanted(TOPIC, None), [OTHER]),
        ({plan.TOPIC: OTHER}, plan.wanted(TOPIC, configuration(TOPIC, OTHER)), []),
        ({plan.ADVANCED: "true", plan.CONFIGURATION: configuration(TOPIC, OTHER)}, plan.wanted(TOPIC, None), [OTHER]),
        ({plan.ADVANCED: "false", plan.CONFIGURATION: configuration(OTHER)}, plan.wanted(TOPIC, None), []),
        ({plan.ADVANCED: "true", plan.CONFIGURATION: '{"Statement": 1}'}, plan.wanted(TOPIC, None), []),
    ],
)
def test_topics_that_would_be_lost(present: dict[str, str], wanted: dict[str, str], lost: list[str]) -> None:
    assert plan.other_topics(EMPTY | present, wanted) == lost


@pytest.mark.parametrize("arn", ["", "topic", f"{TOPIC}.fifo", f"{TOPIC}\n", TOPIC.replace("sns", "sqs"), f"{TOPIC}/*"])
def test_what_is_no_topic(arn: str) -> None:
    with pytest.raises(Refusal, match="not the ARN"):
        plan.wanted(arn, None)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", configuration(), configuration(OTHER)])
def test_a_configuration_without_the_topic(text: str) -> None:
    with pytest.raises(Refusal, match="no statement"):
        plan.wanted(TOPIC, text)
