"""Destinations, and the requests that they make. How a request is made smaller is in test_sender.py."""

from collections.abc import Sequence
from importlib import import_module

import pytest

from deep_security_datadog.datadog.request import Context, Destination, Item
from deep_security_datadog.settings import DESTINATIONS
from tests.support import NOW, item

CONTEXT = Context(NOW)


@pytest.mark.parametrize("name", DESTINATIONS)
def test_a_file_describes_one_destination_of_its_name(name: str) -> None:
    assert DESTINATIONS[name] is import_module(f"deep_security_datadog.datadog.{name}").DESTINATION


def test_requests_go_to_one_endpoint_and_are_rendered_when_they_are_sent() -> None:
    rendered: list[tuple[Context, Sequence[Item], bool]] = []

    def encode(context: Context, items: Sequence[Item], is_short: bool) -> bytes:
        rendered.append((context, items, is_short))
        return b"{}"

    plain = Destination("plain", "https://x.{site}", "/path", {"X-One": "1"}, 2, encode)
    items = [item({"EventID": number}) for number in range(3)]
    found = list(plain.requests("https://proxy.example", items, CONTEXT))
    assert [request.items for request in found] == [tuple(items[:2]), tuple(items[2:])]
    assert all(request.destination is plain for request in found)
    assert {request.url for request in found} == {"https://proxy.example/path"}
    assert rendered == []
    assert found[0].body() == b"{}"
    assert rendered == [(CONTEXT, tuple(items[:2]), False)]
