"""Both destinations, each with its own filter: what goes wrong at one is nothing to the other."""

import re
from collections import Counter

import pytest

from tests.end_to_end.stack import PATIENCE_SECONDS, Copy
from tests.end_to_end.traffic import Sent, dead_letters, messages, wait_until_empty
from tools.fake_datadog.faults import Fault, always, respond, when
from tools.fake_datadog.intake import EVENTS, LOGS

# As DESTINATIONS in stack.py has the filters.
ONLY_FOR_EVENTS = " only for events"
HIGH, INFO = 3, 1


def traffic(count: int, events_each: int) -> Sent:
    """Messages of which each destination wants another part; what events want is there thrice, to be folded."""
    sent = messages(count, events_each)
    for message in sent:
        for place, event in enumerate(message):
            event["Severity"] = INFO if place % 3 == 0 else HIGH
            event["Title"] += ONLY_FOR_EVENTS if place % 3 == 1 else ""
        message.extend(2 * [event for event in message if event["Severity"] == HIGH])
    return sent


def expected(sent: Sent) -> tuple[Counter[str], Counter[str]]:
    """How often each title is wanted by events and by logs."""
    events = [event for message in sent for event in message]
    return (
        Counter(event["Title"] for event in events if event["Severity"] == HIGH),
        Counter(event["Title"] for event in events if not event["Title"].endswith(ONLY_FOR_EVENTS)),
    )


def arrived(both: Copy) -> tuple[Counter[str], Counter[str]]:
    """How often each title arrived; a folded event counts as often as its text says."""
    events: Counter[str] = Counter()
    for got in both.datadog.events:
        folded = re.search(r"\*\*(\d+) events like this one\*\*", got["text"])
        events[title(got["title"])] += int(folded.group(1)) if folded else 1
    return events, Counter(title(got["message"]) for got in both.datadog.logs)


def title(text: str) -> str:
    return str(re.findall(rf"n\d{{7}}(?:{ONLY_FOR_EVENTS})?", text)[0])


def settle(both: Copy, wanted: tuple[Counter[str], Counter[str]]) -> None:
    """Wait until all are there and the queue is empty: none is missing and none is doubled, at either destination."""
    both.datadog.wait(lambda: arrived(both) == wanted, PATIENCE_SECONDS)
    wait_until_empty(both)
    assert arrived(both) == wanted, both.story(0)
    assert not both.datadog.dropped_logs


def at(path: str, fault: Fault) -> Fault:
    return lambda request: fault(request) if request.path == path else None


@pytest.mark.parametrize(("down", "other"), [(EVENTS, 1), (LOGS, 0)])
def test_one_is_down_while_the_other_goes_on(both: Copy, down: str, other: int) -> None:
    both.datadog.faults.append(at(down, always(respond(503))))
    sent = traffic(4, 9)
    wanted = expected(sent)
    both.publish(*sent)
    assert both.datadog.wait(lambda: arrived(both)[other] == wanted[other], PATIENCE_SECONDS), both.story(0)
    assert not arrived(both)[1 - other]
    both.datadog.faults.clear()
    settle(both, wanted)
    # Folded within each message: one event for three.
    assert len(both.datadog.events) == wanted[0].total() / 3
    assert not any("repeats" in log for log in both.datadog.logs)
    assert dead_letters(both) == []


def test_an_event_that_is_refused_is_still_a_log(both: Copy) -> None:
    sent = traffic(4, 9)
    culprit = sent[1][2]["Title"]
    both.datadog.faults.append(at(EVENTS, when(lambda request: culprit.encode() in request.body, respond(400))))
    both.publish(*sent)
    events, logs = expected(sent)
    kept = events.pop(culprit)
    settle(both, (events, logs))
    # The folded event was one request; each of its members is kept.
    reasons = [letter["MessageAttributes"]["reason"]["StringValue"] for letter in dead_letters(both)]
    assert reasons == ["events: HTTP 400"] * kept
