"""The destinations by name. To add one, write a file like `events.py` or `logs.py` and add it here."""

from . import events, logs

DESTINATIONS = {one.name: one for one in (events.DESTINATION, logs.DESTINATION)}
