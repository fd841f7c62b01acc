"""What Hypothesis draws from."""

from __future__ import annotations

from hypothesis import strategies as st

# All characters, lone surrogates too: JSON can hold them.
TEXT = st.text(st.characters(), max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(st.text(st.characters(), max_size=30), JSON, max_size=15)
