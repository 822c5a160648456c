"""No secret is shown, however it is spelled and however the output was cut."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import urllib.parse

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agents.logs.scrubber import MASK, Scrubber
from agents.logs.search import ESCAPE

SECRET = "pa$$ w/rd&<\"'é+=7"
TOKEN = "tok-9f8e7d6c5b4a"


def shown(scrubber: Scrubber, *pieces: str) -> str:
    return "".join([*map(scrubber.feed, pieces), scrubber.flush()])


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        re.sub("%..", lambda code: code[0].lower(), urllib.parse.quote(SECRET, safe="")),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        html.escape(SECRET).replace("&#x27;", "&apos;"),
    ],
)
def test_every_spelling_of_a_secret_is_masked(spelled: str) -> None:
    assert Scrubber([SECRET]).scrub(f"x={spelled};") == f"x={MASK};"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_base64_is_found_at_every_alignment(before: str) -> None:
    encoded = base64.b64encode(f"{before}{TOKEN}:more".encode()).decode()

    out = Scrubber([TOKEN]).scrub(f"Basic {encoded}")

    assert MASK in out
    kept = out.removeprefix("Basic ").split(MASK)
    assert sum(map(len, kept)) <= len(encoded) - (len(TOKEN) * 8 // 6 - 1)


def test_terminal_codes_inside_a_secret_do_not_save_it() -> None:
    coloured = "\x1b[31m".join(TOKEN)

    assert shown(Scrubber([TOKEN]), *f"a {coloured}\x1b[0m b") == f"a {MASK}\x1b[0m b"


def test_secrets_that_overlap_leave_no_end() -> None:
    assert Scrubber(["abcdefgh", "efghijkl"]).scrub("-abcdefghijkl-") == f"-{MASK}-"


def test_each_long_line_of_a_key_is_a_secret() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwggSj\n-----END KEY-----\n"

    assert "9w0BAQEFAASCBKcwggSj" not in Scrubber([key]).scrub("> 9w0BAQEFAASCBKcwggSj")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"ghp_{'a1' * 18}", MASK),
        (f"\x1b[31mghp_{'a1' * 18}", f"\x1b[31m{MASK}"),
        (f"github_pat_{'a1_' * 20}", MASK),
        (f"key: sk-ant-api03-{'x-' * 20}!", f"key: {MASK}!"),
        (f"sk-{'Q' * 48}", MASK),
        ("task-that-has-a-very-long-name", "task-that-has-a-very-long-name"),
        (f"AKIA{'Z' * 16} rest", f"{MASK} rest"),
        ("xoxb-123456789012-abcdef", MASK),
        (f"glpat-{'k' * 20}", MASK),
        ("https://bob:hunter2@example.org/x", f"https://{MASK}@example.org/x"),
        ("postgres://app:p@ss@db/x", f"postgres://{MASK}@db/x"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("ssh://git@example.org/x", "ssh://git@example.org/x"),
    ],
)
def test_well_known_tokens_need_not_be_told(text: str, expected: str) -> None:
    assert Scrubber([]).scrub(text) == expected
    assert shown(Scrubber([]), *text) == expected


@pytest.mark.parametrize("secret", ["", "12345", "  12345\n"])
def test_a_secret_too_short_to_hide_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="fewer than 6"):
        Scrubber([secret])


def test_only_what_could_be_a_secret_is_held_back() -> None:
    scrubber = Scrubber(["abcdefgh"])

    assert scrubber.feed("Downloading 10 %\r") == "Downloading 10 %\r"
    assert scrubber.feed("x abc") == "x "
    assert scrubber.feed("d!") == "abcd!"


def test_what_is_held_back_stays_small() -> None:
    scrubber = Scrubber(["aaaaaa"])
    held = 0
    for _ in range(200):
        scrubber.feed("a" * 1000)
        held = max(held, len(scrubber._stream._window.text))

    assert held < 10


@pytest.mark.parametrize("begun", ["s", "ghp_a", "aaa", "http://x"])
@pytest.mark.parametrize("code", ["\x1b[m", "\x1b[38;5;196m"])
def test_a_flood_of_codes_after_the_beginning_of_a_secret_is_not_held_back(
    begun: str, code: str
) -> None:
    scrubber = Scrubber(["aaaaaa"])
    scrubber.feed(begun)
    for _ in range(50):
        scrubber.feed(code * 200)

    assert len(scrubber._stream._window.text) < 3000


def test_long_text_without_a_secret_is_looked_at_as_carefully() -> None:
    text = "x" * 5000 + TOKEN[:7]
    scrubber = Scrubber([TOKEN])

    assert scrubber.feed(text) == "x" * 5000
    assert scrubber.feed(TOKEN[7:] + "y" * 5000) == MASK + "y" * 5000
    assert scrubber.feed(TOKEN + "z" * 5000) == MASK + "z" * 5000


def test_scrubbing_a_whole_text_does_not_touch_the_stream() -> None:
    scrubber = Scrubber([TOKEN])
    scrubber.feed(TOKEN[:5])

    assert scrubber.scrub(TOKEN) == MASK
    assert scrubber.fork().feed(TOKEN[5:] + "\n") == TOKEN[5:] + "\n"
    assert scrubber.feed(TOKEN[5:] + "\n") == f"{MASK}\n"


# Small alphabets make overlaps, near misses and half tokens likely.
secrets = st.lists(st.text("abA/&é", min_size=6, max_size=12), max_size=4)
words = st.one_of(
    st.text("abA/&é", max_size=9),
    st.sampled_from(
        ["\x1b[31m", "\x1b[", "\x1b", "://", "a:b@", ":", "@", " ", "\n", "\r", "[secret]"]
    ),
    st.sampled_from(["\x1b[m" * 90, "\x1b[31m" * 30]),  # a long run of codes, and a shorter one
    st.sampled_from(["ghp_", "ghp_" + "a" * 20, "sk-", "sk-ant-", "AKIA", "A" * 16, "b" * 260]),
)


@st.composite
def cut_texts(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Some secrets, and a text full of them in arbitrary pieces."""
    told = draw(secrets)
    parts = st.one_of(words, st.sampled_from(told)) if told else words
    text = "".join(draw(st.lists(parts, max_size=12)))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    edges = [0, *cuts, len(text)]
    return told, [text[a:b] for a, b in itertools.pairwise(edges)]


@given(cut_texts())
@example((["aaaaaa"], ["aaa", "\x1b[3", "1maaa"]))
@example((["AAAAAA"], ["\x1b[AA", "AAAA"]))
@example(([], ["sk-" + "a" * 252 + "gh", "p_" + "b" * 40]))
@settings(max_examples=300, deadline=None)
def test_cuts_do_not_change_what_is_shown_and_no_secret_is(
    case: tuple[list[str], list[str]],
) -> None:
    told, pieces = case
    scrubber = Scrubber([secret for secret in told if len(secret.strip()) >= 6])

    out = shown(scrubber, *pieces)

    assert out == scrubber.scrub("".join(pieces))
    for secret in told:
        assert secret not in out
        assert secret not in ESCAPE.sub("", out)


@given(st.text(st.characters(exclude_characters=":")), st.integers(0, 50))
@settings(deadline=None)
def test_text_without_secrets_comes_out_as_it_went_in(text: str, cut: int) -> None:
    assert shown(Scrubber(["no such secret"]), text[:cut], text[cut:]) == text
