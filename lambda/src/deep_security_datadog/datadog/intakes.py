"""The destinations by name. To add one, write a file like `events.py` or `logs.py` and add it here."""

from __future__ import annotations

from collections.abc import Mapping

from . import events, logs
from .destination import Destination

DESTINATIONS: Mapping[str, Destination] = {
    destination.name: destination for destination in (events.DESTINATION, logs.DESTINATION)
}
