from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from clusters.services.feedback.storable import storable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)


@given(JSON)
def test_every_database_keeps_it(value: object) -> None:
    kept = json.dumps(storable(value), allow_nan=False, ensure_ascii=False)
    assert "\0" not in kept
    assert "\\u0000" not in kept
    kept.encode()


@given(st.recursive(st.text("abc\\u0d8"), lambda inner: st.lists(inner, max_size=3)))
def test_what_it_keeps_is_as_it_was(value: object) -> None:
    assert storable(value) == value
