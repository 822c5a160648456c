from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.sources.json_paths import PathError, compiled, find

DATA = {
    "data": {"items": [{"title": "One"}, {"title": "Two"}], "empty": "", "odd.name": 1},
    "user-name": "ann",
    "a | b": "pipe",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("data.items[0].title", "One"),
        ("data.items[-1].title", "Two"),
        ("data.items[7].title", None),
        ("data.items.title", None),
        ("user-name", "ann"),
        ('data["odd.name"]', 1),
        ('["a | b"]', "pipe"),
        ("data.empty | data.missing | user-name", "ann"),
        ("data.empty", None),
    ],
)
def test_a_path_leads_to_a_value(path: str, found: object) -> None:
    assert find(DATA, path) == found


@pytest.mark.parametrize(
    "path", ["", " ", "a..b", ".a", "a.", "a[", "a[x]", "a|", '["a', "x" * 301]
)
def test_what_is_no_path_is_said(path: str) -> None:
    with pytest.raises(PathError):
        compiled(path)


@given(
    st.text('ab.[]0-"| \\', max_size=30), st.recursive(st.none() | st.text(max_size=2), st.lists)
)
def test_any_path_through_anything(path: str, data: object) -> None:
    with suppress(PathError):
        find(data, path)


def test_a_path_with_many_pipes_and_quotes_is_read_quickly() -> None:
    for path in ('"|' * 150, "|" * 300, '["|"]' * 60):
        with suppress(PathError):
            compiled(path)
