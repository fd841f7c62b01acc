"""Whatever comes back or is kept is a message that SQS takes, made of the text as it came."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deep_security_datadog.aws.bodies import QueueMessage, fitting
from deep_security_datadog.aws.envelope import Notification, read
from tests.payload.strategies import TEXT
from tests.strict_sqs import LARGEST, QUEUE, StrictSqs
from tests.support import in_sqs

ARN = "arn:aws:sns:us-east-1:111122223333:deep-security"
NOTIFICATION = Notification("m-1", ARN, "2024-05-14T09:50:00.000Z", frozenset({"logs", "events"}), 3)
ATTRIBUTES = {"reason": "events: HTTP 400", "status": "400", "origin": "m-1"}


def taken_by_sqs(found: QueueMessage) -> bool:
    """Whether an SQS that checks takes it, and counts its bytes as `size` does."""
    exact, smaller = StrictSqs(largest=found.size), StrictSqs(largest=found.size - 1)
    answers = [
        sqs.send_message_batch(QueueUrl=QUEUE, Entries=[{"Id": "0", **found.entry(5)}]) for sqs in (exact, smaller)
    ]
    return ["Failed" in answer for answer in answers] == [False, True]


@given(TEXT)
@example("\ud800")
@example("\x00")
@example("[1]\n")
def test_a_message_that_fits_comes_back_as_it_was(text: str) -> None:
    found = fitting(NOTIFICATION, text, ATTRIBUTES, LARGEST, alone="alone")
    assert found and taken_by_sqs(found)
    assert found.is_notification and dict(found.attributes) == ATTRIBUTES
    assert json.loads(found.body)["Message"] == text
    again = read(in_sqs(found.body), 10).entries
    assert {entry.notification for entry in again} <= {NOTIFICATION}


# With room for less and less beside it, the last with a replacement that is longer than what it replaces.
@pytest.mark.parametrize(
    ("text", "body", "attributes"),
    [
        ("x" * (LARGEST - 300), "x" * (LARGEST - 300), ATTRIBUTES),
        ("x" * (LARGEST - 20) + "\x01", "x" * (LARGEST - 20) + "\ufffd", {}),
        *(("x" * 262_000 + odd, "x" * 262_000 + "\ufffd", ATTRIBUTES) for odd in "\x01\x1b\ud800\uffff"),
        ("\x01x" * (LARGEST // 2), " x" * (LARGEST // 2), {}),
        ("x" * (LARGEST + 1), None, None),
    ],
)
def test_what_does_not_fit_in_a_notification_is_alone_with_attributes_and_then_without(
    text: str, body: str | None, attributes: dict[str, str] | None
) -> None:
    found = fitting(NOTIFICATION, f"[{text}]", ATTRIBUTES, LARGEST, alone=text)
    assert found == (None if body is None else QueueMessage(body, attributes or {}))
    assert found == fitting(NOTIFICATION, text, ATTRIBUTES, LARGEST), "by default the text itself"
    assert found is None or taken_by_sqs(found)


@given(
    st.text(st.sampled_from('a"\\é\x01\ud800\U0001f600[]{},: \n'), max_size=60),
    st.integers(1, 1_000),
    st.integers(1_024, 4_096),
)
def test_a_text_that_sqs_or_sns_handed_over_always_fits(piece: str, times: int, largest: int) -> None:
    text = piece * times
    found = fitting(NOTIFICATION, text, ATTRIBUTES, largest)
    assert found or len(text.encode("utf-8", "surrogatepass")) > largest
    assert found is None or (found.size <= largest and taken_by_sqs(found))


def test_an_empty_text_is_no_empty_body() -> None:
    assert fitting(NOTIFICATION, "", ATTRIBUTES, 40) == QueueMessage(" ")


def test_attributes_are_short_legal_and_never_empty() -> None:
    found = fitting(Notification(), "[1]", {"reason": "r" * 501, "status": "", "origin": "a\x00b"}, LARGEST)
    assert found and dict(found.attributes) == {"reason": "r" * 500, "origin": "a\ufffdb"}
