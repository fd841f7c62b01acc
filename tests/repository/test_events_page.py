"""docs/events.md says of each tag what its values are."""

import re

from deep_security_datadog.datadog.tags import INSTANCE_TAG_PREFIX, tags_of
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from tests.golden import events_of_samples
from tools import events_page

DESCRIBED = set(re.findall(r"^\| `([a-z_*-]+)` \| .* \| (?:yes|no) \|$", events_page.PAGE.read_text(), re.MULTILINE))


def test_every_tag_is_described_and_every_described_tag_exists() -> None:
    events = [Event({**properties, "Tags": "x"}) for _, properties in events_of_samples()]
    tags = {tag for event in events for tag in tags_of(event, account_id="1", configured=())}
    keys = {tag.partition(":")[0] for tag in tags}
    emitted = {f"{INSTANCE_TAG_PREFIX}*" if key.startswith(INSTANCE_TAG_PREFIX) else key for key in keys}
    assert emitted == DESCRIBED


def test_each_part_of_an_identity_is_a_tag_of_its_own() -> None:
    for row in EVENT_TYPES.values():
        assert set(row.tags) <= DESCRIBED
