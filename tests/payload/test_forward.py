"""The whole payload between Lambda and Datadog: what is sent, acknowledged, put back and kept."""

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from deep_security_datadog import fold as fold_module
from deep_security_datadog import forward as forward_module
from deep_security_datadog.aws import envelope
from deep_security_datadog.aws.delivery import Delivery
from deep_security_datadog.aws.queues import Queues
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.forward import NotDelivered
from deep_security_datadog.report import Report
from tests.support import (
    EVENTS_URL,
    LOGS_URL,
    BuildForwarder,
    FakeQueues,
    events,
    in_sqs,
    sample,
    sns_record,
    sqs_record,
)


class Run:
    """A warm function, what Datadog got from it, and what the queues got."""

    def __init__(self, build: BuildForwarder, queues: FakeQueues, intake: responses.RequestsMock) -> None:
        self._build = build
        self.queues = queues
        # Of a request in which a word is; of others 202.
        self.statuses: dict[str, int] = {}
        # URL, body and status.
        self.requests: list[tuple[str, Any, int]] = []
        for url in (EVENTS_URL, LOGS_URL):
            intake.add_callback(responses.POST, url, self._answer)
        self.configure()

    def configure(self, **environment: str) -> None:
        self._forwarder = self._build(**environment)

    def send_to(self, **destinations: object) -> None:
        self.configure(DESTINATIONS=json.dumps(destinations))

    def __call__(self, *records: dict[str, Any]) -> list[str]:
        """The ids of the records that come back."""
        payload = {"Records": list(records)}
        result = self._forwarder.forward(payload, seconds_left=lambda: 60, request_id="q")
        return [failure["itemIdentifier"] for failure in result["batchItemFailures"]]

    def is_well(self) -> None:
        """From now on."""
        self.statuses.clear()
        self.requests.clear()
        self.queues.broken = False

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The events that were accepted."""
        return [body for url, body, status in self.requests if (url, status) == (EVENTS_URL, 202)]

    @property
    def logged(self) -> list[dict[str, Any]]:
        """The logs that were accepted."""
        return [log for url, body, status in self.requests if (url, status) == (LOGS_URL, 202) for log in body]

    @property
    def requeued(self) -> list[Any]:
        """The events of each remainder."""
        return [json.loads(json.loads(body)["Message"]) for body in self.queues.bodies]

    @property
    def kept(self) -> list[Any]:
        """The events of each message in the dead-letter queue."""
        return [json.loads(json.loads(one.body)["Message"]) for one in self.queues.refusals]

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert isinstance(request.body, bytes)
        body = gzip.decompress(request.body) if request.url == LOGS_URL else request.body
        status = next((status for word, status in self.statuses.items() if word in body.decode()), 202)
        self.requests.append((request.url or "", json.loads(body), status))
        return status, {"Retry-After": "60"} if status == 429 else {}, ""


@pytest.fixture
def run(forwarder: BuildForwarder, queues: FakeQueues, intake: responses.RequestsMock) -> Run:
    return Run(forwarder, queues, intake)


MIXED = sqs_record(sample("mixed-array"))
SEVERAL = [sqs_record(sample("SystemEvent"), record_id=name) for name in ("one", "culprit", "two")]


def titled(*titles: str) -> list[dict[str, str]]:
    return [{"EventType": "SystemEvent", "Title": title} for title in titles]


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Of the log."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_every_event_of_every_record(run: Run) -> None:
    assert run(MIXED, sqs_record(sample("SystemEvent"), record_id="b")) == []
    assert len(run.sent) == 11
    assert all("topic_account:111122223333" in event["tags"] for event in run.sent)
    assert all("Published by Deep Security: `2024-05-14 09:50:00 UTC`" in event["text"] for event in run.sent)


def test_records_take_turns_so_that_a_large_one_delays_no_other(run: Run) -> None:
    run.send_to(logs={})
    assert run(sqs_record(titled("1", "3")), sqs_record(titled("2", "4", "5"), record_id="b")) == []
    assert [log["deep_security"]["Title"] for log in run.logged] == ["1", "2", "3", "4", "5"]


def test_nothing_accepted_comes_back_as_it_is(run: Run) -> None:
    run.statuses["title"] = 429
    assert run(sqs_record(sample("mixed-array"), record_id="a"), sqs_record(sample("mixed-array"))) == ["a", "r-1"]
    assert not run.requeued and not run.kept
    assert {asked for _, asked in run.queues.returned} == {60}, "what Datadog asks for reaches the queue"


def test_only_what_was_not_accepted_is_requeued_and_understood(run: Run) -> None:
    run.statuses |= {"Firewall": 500, "Web Reputation": 500}
    assert run(MIXED) == []
    (body,) = run.queues.bodies
    assert (json.loads(body)["MessageId"], json.loads(body)["Timestamp"]) == ("m-1", "2024-05-14T09:50:00.000Z")
    assert [[event["EventType"] for event in one] for one in run.requeued] == [["PacketLog", "WebReputationEvent"]]
    run.is_well()
    assert run(in_sqs(body, "r-2")) == []
    assert [event["title"].split(":")[0] for event in run.sent] == ["[Medium] Firewall", "[Critical] Web Reputation"]


def test_a_remainder_that_cannot_be_sent_fails_the_message(run: Run) -> None:
    run.statuses["Firewall"], run.queues.broken = 500, True
    assert run(MIXED) == ["r-1"]
    run.is_well()
    assert run(MIXED) == []
    assert len(run.sent) == 1, "what was accepted is not sent again"


def test_what_is_no_event_is_kept_and_its_neighbours_go_on(run: Run) -> None:
    assert run(sqs_record("hello", record_id="a"), sqs_record(sample("TestSNS"), record_id="b")) == []
    assert len(run.sent) == 1
    assert [refusal.reason.startswith("not readable") for refusal in run.queues.refusals] == [True]


def test_direct_delivery_sends_only_the_rest_again(run: Run) -> None:
    (record,) = sample("sns-lambda-envelope")["Records"]
    run.statuses["Intrusion"] = 500
    with pytest.raises(NotDelivered, match="HTTP 500"):
        run(record)
    assert not run.requeued
    run.is_well()
    assert run(record) == []
    assert ["Intrusion" in event["title"] for event in run.sent] == [True]


def test_a_message_that_no_invocation_takes_is_sent_in_parts_and_its_neighbours_go_on(run: Run) -> None:
    run.send_to(logs={})
    assert run(sqs_record(f"[{','.join(['{}'] * 12_000)}]", record_id="large"), MIXED) == []
    (left,) = run.requeued
    assert len(run.logged) - 9 + len(left) == 12_000 and len(left) <= 7_009
    assert run.queues.remainders[0].generation == 0, "it is not delayed"


def test_the_log_holds_counts_and_no_content(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.configure(DD_LOG_LEVEL="DEBUG")
    run.statuses["Firewall"] = 400
    run(MIXED)
    text = capsys.readouterr().out
    lines = [json.loads(line) for line in text.splitlines()]
    assert (lines[-1]["Received"], lines[-1]["Accepted"], lines[-1]["Refused"]) == (9, 8, 1)
    assert (lines[-1]["request_id"], lines[-1]["records"], lines[0]["record"]) == ("q", ["m-1"], "m-1")
    assert not [secret for secret in ("Out Of Allowed Policy", "203.0.113", "0123456789abcdef" * 2) if secret in text]


@pytest.mark.parametrize("depth", [50, 300, 900, 950, 970, 980, 2000, 20_000])
@pytest.mark.parametrize("status", [202, 400, 500])
def test_deep_nesting_never_ends_the_invocation(run: Run, depth: int, status: int) -> None:
    """What the parser takes can be rendered and put back; what it does not take is kept."""
    run.send_to(events={}, logs={})
    run.statuses['"title":"[Info] System: nested'] = status
    nested = "[" * depth + "]" * depth
    message = f'[{{"EventType":"SystemEvent","Title":"nested","D":{nested}}},{{"EventType":"SystemEvent"}}]'
    assert run(sqs_record(message)) == []
    if depth < 100:
        assert (len(run.kept), len(run.requeued)) == (status == 400, status == 500)
    else:
        assert [refusal.reason for refusal in run.queues.refusals] == ["nested more than 100 levels deep"]
    assert len(run.logged) == 2 * (depth < 100)


def test_what_is_configured_is_sent(run: Run) -> None:
    run.configure(DD_TAGS="Env:Prod, x", CONSOLE_URL="https://console.example.com")
    assert run(sqs_record(sample("TestSNS"))) == []
    (event,) = run.sent
    assert event["tags"][-2:] == ["env:prod", "x"] and "](https://console.example.com)" in event["text"]


# Destinations ------------------------------------------------------------------------------------------------------


def test_all_messages_share_a_request(run: Run) -> None:
    run.send_to(events={"filter": {"minimum_severity": "critical"}}, logs={})
    assert run(*(sqs_record(sample("mixed-array"), record_id=str(number)) for number in range(10))) == []
    assert len(run.logged) == 90
    # Logs first: one request that does not wait behind many.
    assert [url for url, _, _ in run.requests] == [LOGS_URL] + [EVENTS_URL] * 10


def test_what_logs_did_not_take_goes_to_logs_only(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.send_to(events={}, logs={})
    run.statuses["ddsource"] = 503
    assert run(MIXED) == []
    line = last_line(capsys)
    assert (line["Accepted"], line["EventsAccepted"], line["LogsWaiting"]) == (9, 9, 9)
    assert "LogsAccepted" not in line and "FilteredByRankGreaterThan" not in line
    run.is_well()
    assert run(in_sqs(run.queues.bodies[0], "r-2")) == []
    assert (len(run.sent), len(run.logged)) == (0, 9)


def test_ocsf_goes_with_logs_that_ask_for_it(run: Run) -> None:
    for asked in (True, False):
        run.send_to(events={}, logs={"ocsf": asked})
        assert run(sqs_record(events(1), record_id=str(asked))) == []
        assert ("ocsf" in run.logged[-1]) is asked


# Repeats -----------------------------------------------------------------------------------------------------------

PACKET = {"EventType": "PacketLog", "TenantID": 0, "Hostname": "web-1", "Reason": "Out Of Allowed Policy", "Action": 1}


def packets(count: int) -> list[dict[str, Any]]:
    """Identical events, but for what differs between two occurrences."""
    return [{**PACKET, **event, "SourcePort": port} for port, event in enumerate(events(count))]


def folded(run: Run) -> list[str]:
    return re.findall(r"\*\*(\d) events like this one\*\*", "".join(event["text"] for event in run.sent))


@pytest.fixture
def folding(run: Run) -> Run:
    run.send_to(events={"filter": {"fold_repeats": True}})
    return run


def test_each_destination_folds_for_itself(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.send_to(events={"filter": {"fold_repeats": True, "exclude": [{"SourcePort": "1"}]}}, logs={})
    assert run(sqs_record([*packets(4), *sample("SystemEvent")[:1]])) == []
    assert folded(run) == ["3"], "what the filter drops is not counted"
    assert (len(run.sent), len(run.logged)) == (2, 5)
    line = last_line(capsys)
    assert (line["Received"], line["EventsAccepted"], line["EventsFolded"], line["EventsFiltered"]) == (5, 4, 2, 1)
    assert "LogsFolded" not in line


def test_events_are_folded_within_a_message_of_a_record_only(folding: Run) -> None:
    """A remainder too large for one message is two with the same notification, and a redrive brings several."""
    redriven = in_sqs({"Records": [sns_record(packets(4), "m-3"), sns_record(packets(5), "m-4")]}, "c")
    assert folding(sqs_record(packets(2), record_id="a"), sqs_record(packets(3), record_id="b"), redriven) == []
    assert sorted(folded(folding)) == ["2", "3", "4", "5"]


def test_all_members_go_back(folding: Run) -> None:
    folding.statuses["Firewall"] = 503
    assert folding(sqs_record([packets(3)[0], *titled("other"), *packets(3)[1:]])) == []
    assert folding.requeued == [packets(3)]
    folding.is_well()
    assert folding(in_sqs(folding.queues.bodies[0], "r-2")) == []
    assert folded(folding) == ["3"] and len(folding.requeued) == 1


@pytest.mark.parametrize("destination", ["events", "logs"])
def test_all_members_are_kept_when_refused(run: Run, destination: str) -> None:
    run.send_to(**{destination: {"filter": {"fold_repeats": True}}})
    run.statuses[""] = 400
    assert run(sqs_record(packets(3) + titled("other"))) == []
    assert [event for message in run.kept for event in message] == packets(3) + titled("other")
    assert {refusal.reason for refusal in run.queues.refusals} == {f"{destination}: HTTP 400"}


# One record or event alone -----------------------------------------------------------------------------------------


def test_a_settled_record_that_is_delivered_again_sends_nothing(run: Run) -> None:
    run.statuses["Firewall"] = 400
    assert run(MIXED) == run(MIXED) == []
    assert (len(run.requests), len(run.kept)) == (9, 1)
    assert run({**MIXED, "messageId": "another"}) == []
    assert len(run.requests) == 18


def test_records_are_settled_as_soon_as_their_events_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_before: list[int] = []
    keep = run.queues.keep

    def remember(*arguments: Any, **options: Any) -> str:
        asked_before.append(len(run.requests))
        return keep(*arguments, **options)

    monkeypatch.setattr(run.queues, "keep", remember)
    run.statuses[""] = 400
    assert run(*(sqs_record(sample("SystemEvent"), record_id=str(number)) for number in range(20))) == []
    assert asked_before[0] < 40 == len(run.requests) == len(run.kept)


@pytest.mark.parametrize(
    ("owner", "name", "back"),
    [(envelope, "read", ["culprit"]), (Queues, "settle", ["culprit"]), (Report, "settled", [])],
)
def test_a_record_that_cannot_be_settled_waits_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, back: list[str]
) -> None:
    """What is kept before something else fails does not come back."""
    works: Callable[..., Any] = getattr(owner, name)

    def fails_for_one(*arguments: Any, **options: Any) -> Any:
        records = [one.record.record_id for one in arguments if isinstance(one, Delivery)]
        if "culprit" in records or SEVERAL[1] in arguments:
            raise KeyError("content")
        return works(*arguments, **options)

    monkeypatch.setattr(owner, name, fails_for_one)
    run.statuses[""] = 400
    assert run(*SEVERAL) == back


def test_an_event_that_cannot_be_understood_is_kept_with_the_reason(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_for_one(properties: dict[str, Any]) -> Event:
        if properties["Title"] == "culprit":
            raise KeyError("content")
        return Event(properties)

    monkeypatch.setattr(forward_module, "Event", fails_for_one)
    assert run(sqs_record(titled("one", "culprit", "two"))) == []
    assert [refusal.reason for refusal in run.queues.refusals] == ["events: cannot be read (KeyError)"]
    assert len(run.sent) == 2


def test_what_cannot_be_filtered_is_sent_as_it_is(folding: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(event: Event) -> None:
        raise KeyError("content")

    monkeypatch.setattr(fold_module, "fold_key", fails)
    assert folding(sqs_record(packets(2)), sqs_record(sample("SystemEvent"), record_id="b")) == []
    assert len(folding.sent) == 4
