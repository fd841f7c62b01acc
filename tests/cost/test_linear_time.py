"""Work grows with the length of what an attacker sends, never with its square.

No seconds are measured: calls are counted, and regular expressions are looked at. One cannot backtrack over a long text
if its only unbounded repetition is of one class of characters and stands at its end.
"""

import re
import sys
from collections.abc import Callable, Iterator
from cProfile import Profile
from datetime import UTC, datetime
from re import _constants as sre
from re import _parser as parser
from typing import Any

import pytest

from deep_security_datadog import values
from deep_security_datadog.aws import envelope, message
from deep_security_datadog.datadog import events, logs, markdown, tags, text
from deep_security_datadog.datadog.request import Context
from deep_security_datadog.deep_security import event
from deep_security_datadog.deep_security.event import Event, Host
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.fold import fold_key
from tests.support import item

CHARACTERS = (
    " ", " \x01", "\r\n", "\t", "a", "1", "%", "://", "www.", "](", " (", " [", "`", "@", "*", "CVE-2024-", ",", "\\",
    # A joiner, a blank that is none, a combining accent, an emoji, half a surrogate pair.
    "\u200d", "\u2800", "\u0301", "\U0001f600", "\ud800", "\x00",
)  # fmt: skip
CONTEXT = Context(now=datetime(2024, 5, 14, 9, 50, tzinfo=UTC), ocsf=True)

FUNCTIONS: dict[str, Callable[[str], object]] = {
    "plain": markdown.plain,
    "code": markdown.code,
    "block": markdown.block,
    "escaped": markdown.escaped,
    "shortened": lambda value: markdown.shortened(value, 300),
    "tag": lambda value: tags.tag("key", value),
    "configured_tags": lambda value: tags.configured_tags([value]),
    "host": Host.from_display_name,
    "as_text": values.as_text,
    "number": values.number,
    "integer": values.integer,
    "time_of": values.time_of,
    "message": lambda value: message.write([value]),
    "elements": lambda value: envelope.read({"eventSource": "aws:sqs", "messageId": "r", "body": f"[{value}]"}, 10),
    "title": lambda value: text.title(Event({"EventType": "PayloadLog", "Reason": value})),
    **{
        f"{name} {row}": lambda value, row=row, body=body: body(item(_everything(row, value)), CONTEXT)  # type: ignore[misc]
        for name, body in (("event", events.body), ("log", logs.body))
        for row in (*EVENT_TYPES, "Unknown")
    },
    "fold key": lambda value: fold_key(Event(_everything("PacketLog", value))),
}


def _everything(event_type: str, value: str) -> dict[str, Any]:
    row = EVENT_TYPES.get(event_type)
    names = {name for fact in row.facts for name in fact.properties} if row else {"Title", "Reason"}
    properties: dict[str, Any] = dict.fromkeys([*names, "Hostname", "HostInstanceID", "Tags", "LogDate", "Rank"], value)
    return {**properties, "HostCloudInstanceTags": {value: value}, value: value, "EventType": event_type}


def _calls(function: Callable[[str], object], argument: str) -> int:
    # In C: a function of Python's at each call takes several times as long.
    profile = Profile()
    profile.runcall(function, argument)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_twice_the_input_is_at_most_three_times_the_calls(name: str) -> None:
    for characters in CHARACTERS:
        once = _calls(FUNCTIONS[name], (characters * 6_000)[:6_000])
        twice = _calls(FUNCTIONS[name], (characters * 12_000)[:12_000])
        assert twice <= 3 * once, f"{name} of {characters!r}: {once} and {twice} calls"


# `Host.from_display_name` cuts to 512 characters; a base URL comes from the configuration.
BOUNDED = {"deep_security.event._DISPLAY_NAME", "settings._BASE_URL"}
# Of one class of characters at a time, and anchored at the beginning, or for text that is cut to 5,000 characters.
BOUNDED |= {"datadog.tags._BEFORE_LETTER", "datadog.tags._BETWEEN_WORDS"}
BOUNDED |= {"deep_security.facts._ENCODED", "deep_security.facts._SCHEME", "deep_security.facts._CREDENTIALS"}
MODULES = {name: module for name, module in sys.modules.items() if name.startswith("deep_security_datadog.")}


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for name, module in MODULES.items():
        for constant, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{name.removeprefix('deep_security_datadog.')}.{constant}", value


@pytest.mark.parametrize(("name", "pattern"), sorted(dict(patterns()).items()))
def test_expressions_cannot_backtrack_over_a_long_text(name: str, pattern: re.Pattern[str]) -> None:
    if name in BOUNDED:
        return
    operations = list(parser.parse(pattern.pattern, pattern.flags))
    unbounded = [
        place
        for place, (operation, argument) in enumerate(operations)
        if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT) and argument[1] is sre.MAXREPEAT
    ]
    assert not unbounded or unbounded == [len(operations) - 1], f"{name} goes on after an unbounded repetition"
    for place in unbounded:
        _, (_, _, repeated) = operations[place]
        assert len(repeated) == 1 and repeated[0][0] in (sre.IN, sre.LITERAL, sre.NOT_LITERAL), name
    nested = [argument for operation, argument in operations if operation in (sre.SUBPATTERN, sre.BRANCH)]
    assert "MAXREPEAT" not in str(nested), f"{name} has an unbounded repetition in a group"


def test_the_check_finds_what_it_is_for() -> None:
    with pytest.raises(AssertionError):
        test_expressions_cannot_backtrack_over_a_long_text("x", re.compile(r"\s*[\r\n\t]\s*"))
    with pytest.raises(AssertionError):
        test_expressions_cannot_backtrack_over_a_long_text("x", re.compile(r"(a+)+b"))


def test_a_display_name_is_cut_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []

    class Spy:
        def fullmatch(self, value: str) -> None:
            lengths.append(len(value))

    monkeypatch.setattr(event, "_DISPLAY_NAME", Spy())
    Host.from_display_name("a (b) " * 10_000)
    assert max(lengths) <= 512
