"""What looks for secrets finds them."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest

from tests.live.leaks import leaks, unescaped

SECRET = "key/7f0c+<&>'\"%=of-dana"
PLAIN = SECRET.encode()


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN[::-1],
        PLAIN.hex().upper().encode(),
        quote(SECRET, safe="").encode(),
        quote(SECRET, safe="").lower().encode(),
        json.dumps({"key": SECRET}).encode(),
        html.escape(SECRET).encode(),
        *(base64.b64encode(b"x" * n + PLAIN + b"more") for n in range(4)),
        base64.urlsafe_b64encode(b"x" + PLAIN),
    ],
)
def test_a_secret_is_found_in_every_encoding(text: bytes) -> None:
    places = {"here": b"before " + text + b" after", "there": b"nothing"}
    assert leaks(places, {"it": [SECRET]}) == ["it is in here"]


def test_a_monitor_s_line_is_read() -> None:
    line = rb'"SET" "k" "\x00key/7f0c+<&>' + b"'" + rb'\"%=of-dana"'
    assert leaks({"line": unescaped(line)}, {"it": [SECRET]})
