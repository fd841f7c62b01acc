"""What Hypothesis draws from."""

from hypothesis import strategies as st

from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from tests.golden import events_of_samples

# All characters, lone surrogates too: JSON can hold them.
TEXT = st.text(st.characters(), max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(st.text(st.characters(), max_size=30), JSON, max_size=15)
# Events of any type with the properties of all, and values that these have in samples or any others.
_OF_SAMPLES = [pair for _, properties in events_of_samples() for pair in properties.items()]
_VALUES = st.sampled_from([value for _, value in _OF_SAMPLES]) | JSON
EVENTS = st.builds(
    lambda event_type, properties: {**properties, "EventType": event_type},
    st.sampled_from([*EVENT_TYPES, "EventTypeOfTomorrow"]) | TEXT,
    st.dictionaries(st.sampled_from(sorted({name for name, _ in _OF_SAMPLES})), _VALUES, max_size=40),
)
