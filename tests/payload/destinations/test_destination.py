"""What all destinations have in common, and the table of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deep_security_datadog import destinations
from deep_security_datadog.destinations import DESTINATIONS, Batch, Destination
from deep_security_datadog.fold import Item
from deep_security_datadog.request import Endpoint, Request
from deep_security_datadog.text import Context
from tests.support import item

CONTEXT = Context(now=datetime(2024, 5, 14, 9, 50, tzinfo=UTC))


def test_a_file_describes_one_destination_of_its_name() -> None:
    assert destinations.__file__
    files = {path.stem for path in Path(destinations.__file__).parent.glob("*.py")}
    assert files - {"__init__", "destination"} == set(DESTINATIONS)
    assert {name: destination.name for name, destination in DESTINATIONS.items()} == {
        name: name for name in DESTINATIONS
    }


@pytest.mark.parametrize("name", DESTINATIONS)
def test_addresses_are_those_of_a_site(name: str) -> None:
    destination = DESTINATIONS[name]
    assert destination.base_url.format(site="datadoghq.eu").startswith("https://")
    assert destination.base_url.endswith(".{site}") and destination.path.startswith("/api/")
    assert destination.api_key_header == "DD-API-KEY"


def test_batches_go_to_one_endpoint() -> None:
    def one_by_one(
        endpoint: Endpoint, items: Sequence[Item], context: Context
    ) -> Iterator[tuple[tuple[Item, ...], Request]]:
        assert context is CONTEXT
        for each in items:
            yield (each,), Request(endpoint, lambda: b"{}")

    plain = Destination("plain", "https://x.{site}", "/path", one_by_one, headers=(("X-One", "1"),))
    items = [item({"EventID": number}) for number in range(3)]
    found = list(plain.batches("https://proxy.example", items, CONTEXT))
    assert [batch.items for batch in found] == [(each,) for each in items]
    assert {batch.destination for batch in found} == {"plain"}
    # Without a header for it the key is not sent.
    assert {batch.request.endpoint for batch in found} == {
        Endpoint("https://proxy.example/path", (("X-One", "1"),), None)
    }


@pytest.mark.parametrize("name", DESTINATIONS)
def test_every_item_is_in_one_batch(name: str) -> None:
    items = [item({"EventID": number}) for number in range(20)]
    batches: list[Batch] = list(DESTINATIONS[name].batches("https://x.example", items, CONTEXT))
    assert [each for batch in batches for each in batch.items] == items
    assert {batch.destination for batch in batches} == {name}
    assert list(DESTINATIONS[name].batches("https://x.example", [], CONTEXT)) == []
