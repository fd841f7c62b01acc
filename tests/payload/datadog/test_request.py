"""Requests, which can be made smaller and are rendered when they are sent, and the destinations that make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

import pytest

from deep_security_datadog.datadog.intakes import DESTINATIONS
from deep_security_datadog.datadog.item import Context, Item
from deep_security_datadog.datadog.request import CannotRender, Destination, Endpoint, Request, TooLarge
from deep_security_datadog.deep_security.event import Event
from tests.support import item

PACKAGE = "deep_security_datadog.datadog"
CONTEXT = Context(now=datetime(2024, 5, 14, 9, 50, tzinfo=UTC))

ITEMS = tuple(Item(Event({"EventID": number}), f"m-{number % 2}") for number in range(5))


def encode(items: Sequence[Item], is_short: bool) -> bytes:
    return f"{len(items)} {'short' if is_short else 'whole'}".encode()


REQUEST = Request("events", Endpoint("https://a.example"), ITEMS, encode)


def test_requests_to_one_place_share_their_endpoint() -> None:
    """The client keeps a prepared request and a circuit breaker per endpoint."""
    endpoints = {Endpoint("https://a.example/v1", (("A", "b"),)) for _ in range(3)}
    assert len(endpoints | {Endpoint("https://a.example/v1")}) == 2


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
    one, others = REQUEST.split(1)
    assert (one.items, others.items) == (ITEMS[:1], ITEMS[1:])
    assert one.split(1) == (one,)


# Destinations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DESTINATIONS)
def test_a_file_describes_one_destination_of_its_name(name: str) -> None:
    assert DESTINATIONS[name] is import_module(f"{PACKAGE}.{name}").DESTINATION
    assert DESTINATIONS[name].name == name


@pytest.mark.parametrize("name", DESTINATIONS)
def test_addresses_are_those_of_a_site(name: str) -> None:
    destination = DESTINATIONS[name]
    assert destination.base_url.format(site="datadoghq.eu").startswith("https://")
    assert destination.base_url.endswith(".{site}") and destination.path.startswith("/api/")


def test_requests_go_to_one_endpoint_and_are_rendered_when_they_are_sent() -> None:
    rendered: list[tuple[Context, Sequence[Item], bool]] = []

    def encode(context: Context, items: Sequence[Item], is_short: bool) -> bytes:
        rendered.append((context, items, is_short))
        return b"{}"

    plain = Destination("plain", "https://x.{site}", "/path", (("X-One", "1"),), 2, encode)
    items = [item({"EventID": number}) for number in range(3)]
    found = list(plain.requests("https://proxy.example", items, CONTEXT))
    assert [request.items for request in found] == [tuple(items[:2]), tuple(items[2:])]
    assert {request.destination for request in found} == {"plain"}
    assert {request.endpoint for request in found} == {Endpoint("https://proxy.example/path", (("X-One", "1"),))}
    assert rendered == []
    assert found[0].body() == b"{}"
    assert rendered == [(CONTEXT, tuple(items[:2]), False)]


@pytest.mark.parametrize("name", DESTINATIONS)
def test_every_item_is_in_one_request(name: str) -> None:
    items = [item({"EventID": number}) for number in range(2_500)]
    found = list(DESTINATIONS[name].requests("https://x.example", items, CONTEXT))
    assert [each for request in found for each in request.items] == items
    assert max(len(request.items) for request in found) == DESTINATIONS[name].most_items
    assert {request.destination for request in found} == {name}
    assert list(DESTINATIONS[name].requests("https://x.example", [], CONTEXT)) == []


def test_an_event_is_a_request_of_its_own() -> None:
    """So that what Datadog says of one is about no other."""
    assert DESTINATIONS["events"].most_items == 1
