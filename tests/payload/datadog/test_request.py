"""Requests: endpoints are equal by value, bodies are made when they are sent, and a request can be made smaller."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from deep_security_datadog.datadog.item import Item
from deep_security_datadog.datadog.request import CannotRender, Endpoint, Request, TooLarge
from deep_security_datadog.deep_security.event import Event

ITEMS = tuple(Item(Event({"EventID": number}), f"m-{number % 2}") for number in range(5))


def encode(items: Sequence[Item], is_short: bool) -> bytes:
    return f"{len(items)} {'short' if is_short else 'whole'}".encode()


REQUEST = Request("events", Endpoint("https://a.example"), ITEMS, encode)


def test_requests_to_one_place_share_their_endpoint() -> None:
    """The client keeps a prepared request and a circuit breaker per endpoint."""
    endpoints = {Endpoint("https://a.example/v1", (("A", "b"),)) for _ in range(3)}
    assert len(endpoints | {Endpoint("https://a.example/v1")}) == 2


def test_a_body_is_made_when_it_is_asked_for() -> None:
    made: list[int] = []

    def count(items: Sequence[Item], _: bool) -> bytes:
        made.append(len(items))
        return b"x"

    request = REQUEST._replace(encode=count)
    assert made == []
    assert (request.body(), made) == (b"x", [5])


def test_what_cannot_be_rendered_does_not_say_what_the_event_says() -> None:
    def broken(*_: object) -> bytes:
        raise KeyError("what an event says")

    with pytest.raises(CannotRender) as raised:
        REQUEST._replace(encode=broken).body()
    assert str(raised.value) == "cannot be rendered (KeyError)"
    assert raised.value.__suppress_context__


def test_too_large_is_told_as_such() -> None:
    def large(*_: object) -> bytes:
        raise TooLarge("larger than 5 MB")

    with pytest.raises(TooLarge, match="larger than 5 MB"):
        REQUEST._replace(encode=large).body()


def test_the_messages_of_its_events() -> None:
    assert REQUEST.messages == {"m-0", "m-1"}


def test_halves_have_every_item_once_and_in_order() -> None:
    halves = REQUEST.halves()
    assert [len(half.items) for half in halves] == [2, 3]
    assert halves[0].items + halves[1].items == ITEMS


def test_one_item_has_no_halves() -> None:
    assert REQUEST._replace(items=ITEMS[:1]).halves() == ()


def test_smaller_is_halves_then_its_item_cut_short_once() -> None:
    assert REQUEST.smaller() == REQUEST.halves()
    (short,) = REQUEST._replace(items=ITEMS[:1]).smaller()
    assert (short.body(), short.smaller()) == (b"1 short", ())


def test_one_item_alone_and_the_others() -> None:
    one, others = REQUEST.single_out()
    assert (one.items, others.items) == (ITEMS[:1], ITEMS[1:])
    assert one.single_out() == (one,)
