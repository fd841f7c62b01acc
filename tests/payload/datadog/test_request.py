"""Destinations, and the requests that they make. How a request is made smaller is in test_sender.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

import pytest

from deep_security_datadog.datadog.intakes import DESTINATIONS
from deep_security_datadog.datadog.item import Context, Item
from deep_security_datadog.datadog.request import Destination, Endpoint
from tests.support import item

PACKAGE = "deep_security_datadog.datadog"
CONTEXT = Context(now=datetime(2024, 5, 14, 9, 50, tzinfo=UTC))


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
