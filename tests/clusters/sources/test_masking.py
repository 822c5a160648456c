"""Personal data and keys are replaced on entry; versions, ids, dates and code stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.sources.base import (
    BODY_LIMIT,
    TITLE_LIMIT,
    IncomingComment,
    IncomingReport,
)
from clusters.sources.build import RawReport, build_report
from clusters.sources.masking import mask

WORD = re.compile(r"\[(?:email|phone|card|iban|ip|key) \d+\]")
KEY = b"of this test"


def masked(text: str) -> str:
    return mask(IncomingReport("1", "Title", text), KEY).body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to Ann.Archer+shop@example.co.uk.", "Write to [email 1]."),
        ("<ann@example.com>, ann@EXAMPLE.com", "<[email 1]>, [email 1]"),
        ("ann@example.com and ben@example.com", "[email 1] and [email 2]"),
        ("Call +49 (0)30 1234567 now", "Call [phone 1] now"),
        ("+1-555-234-5678 or (555) 234-5678", "[phone 1] or [phone 2]"),
        ("Tel.: 030/1234567", "Tel.: [phone 1]"),
        ("Card 4111 1111 1111 1111, exp 12/27", "Card [card 1], exp 12/27"),
        ("378282246310005", "[card 1]"),
        ("DE89 3704 0044 0532 0130 00 THANKS", "[iban 1] THANKS"),
        ("from 203.0.113.7:443", "from [ip 1]:443"),
        ("peer 2001:db8:0:0::1 and fe80::1", "peer [ip 1] and [ip 2]"),
        ("http://10.2.3.4/x", "http://[ip 1]/x"),
        ("ghp_" + "a1B2" * 9, "[key 1]"),
        ('{"password": "hunter2hunter2"}', '{"password": "[key 1]"}'),
        ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [key 1]"),
        ("https://ann:s3cret@example.com/x", "https://[key 1]@example.com/x"),
    ],
)
def test_what_is_personal_becomes_a_word(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "It broke with version 10.0.19045.2965, upgraded from 3.1.2.0 to 3.1.2.1.",
        "v1.2.3.4 and libfoo-1.2.3.4.so and Chrome/120.0.0.0 and pkg==1.2.3.4",
        "2024-11-20 14:54:49,123 and 2024-01-01T10:00:00+02:00 and 12:34:56",
        "550e8400-e29b-41d4-a716-446655440000",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736, at 0x7f1490823cd0",
        'File "/srv/app/basket.py", line 12345, in total',
        "@@ -10,7 +1234567,7 @@",
        "1700000000000 1700000000 20241120145449",
        "4111111111111112 is no card, 1234-5678-9012-3456 is none",
        "std::vector::at a::b dead::beef ::1 127.0.0.1 0.0.0.0:8000",
        "password: required, token = request, secret: undefined",
        "user@localhost and @decorator and a@b",
        "order 555-1234, ticket 0042-12345, ISBN 978-3-16-148410-0",
        "size 1024x768, ratio 16:9, range 1-2-3-4",
        "_ZN4core3ops8function6FnOnce9call_once17h0123456789abcdefE",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert masked(text) == text


def test_the_same_value_is_the_same_word_in_all_of_a_report() -> None:
    report = IncomingReport(
        "1",
        "ann@example.com cannot pay",
        "ann@example.com from 203.0.113.7",
        metadata={"contact": "ann@example.com", "ip": "203.0.113.7"},
        screening={"removed": [{"what": "x", "count": 1, "text": "ben@example.com"}]},
        trace=[
            {
                "type": "KeyError",
                "value": "no ann@example.com",
                "mechanism": "generic",
                "frames": [
                    {"file": "a@example.com.py", "line": 7, "context_line": "x = '203.0.113.7'"}
                ],
            }
        ],
        comments=[IncomingComment("c", "ben@example.com is right", author="Ben")],
    )
    found = mask(report, KEY)
    assert (found.title, found.body) == ("[email 1] cannot pay", "[email 1] from [ip 1]")
    assert found.metadata["contact"] == "[email 1]"
    assert found.metadata["masked"] == "2 e-mail addresses, 1 IP address"
    assert found.trace[0]["value"] == "no [email 1]"
    frame = found.trace[0]["frames"][0]
    assert frame == {"file": "a@example.com.py", "line": 7, "context_line": "x = '[ip 1]'"}
    assert found.comments is not None
    assert found.comments[0].body == "[email 2] is right"
    assert "ben@" not in f"{found}"


def test_authors_stay_apart_and_stay_the_same() -> None:
    def author(name: str, key: bytes = KEY) -> str:
        return mask(IncomingReport("1", "T", "b", author=name), key).author

    assert author("ann@example.com") == author("Ann@example.com") != author("ben@example.com")
    assert re.fullmatch(r"\[email [0-9a-f]{8}\]", author("ann@example.com"))
    assert author("ann@example.com") != author("ann@example.com", b"another server")
    assert author("Ann Archer") == "Ann Archer"


def test_an_address_that_names_somebody_is_no_link_any_more() -> None:
    found = mask(IncomingReport("1", "T", "b", url="https://example.com/?u=ann@example.com"), KEY)
    assert found.url == ""
    assert found.metadata["url_text"] == "https://example.com/?u=[email 1]"


def test_what_was_masked_fits_and_is_masked_once() -> None:
    full = IncomingReport("1", ("1.1.1.1 " * 38)[:TITLE_LIMIT], "a@b.io " * (BODY_LIMIT // 7))
    found = mask(full, KEY)
    assert len(found.title) <= TITLE_LIMIT
    assert len(found.body) <= BODY_LIMIT
    assert mask(found, KEY).body == found.body


def test_a_report_without_personal_data_is_as_it_was() -> None:
    report = IncomingReport(
        "1", "Total is wrong", "By a cent.", occurred_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert mask(report, KEY) == report


# --- whatever the text -----------------------------------------------------------------------

EMAIL = st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,5})?@[a-z]{1,10}\.(com|org|de)", fullmatch=True)
WORDS = st.text("abc xyzÄé,.;:!?()\n\t", max_size=40)
SEPARATOR = st.sampled_from([" ", "\n", ", ", " <", "(", '"'])
IP = st.builds(
    "{}.{}.{}.{}".format,
    st.integers(1, 126),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 255),
)


@st.composite
def cards(draw: Callable[..., str]) -> str:
    digits = "4" + draw(st.text("0123456789", min_size=14, max_size=14))
    total = sum(
        d * 2 - 9 * (d > 4) if place % 2 == 0 else d for place, d in enumerate(map(int, digits))
    )
    return digits + str(-total % 10)


@settings(max_examples=200)
@given(before=WORDS, separator=SEPARATOR, value=EMAIL | IP | cards(), after=WORDS)
def test_a_value_between_words_never_stays(
    before: str, separator: str, value: str, after: str
) -> None:
    assert value not in masked(f"{before}{separator}{value} {after}")


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_nothing_raises_and_a_second_time_changes_nothing(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from(["2.31.0", "0xdeadbeef", "line 4711", "2026-02-03", "a1b2c3d4e5f6"]),
        min_size=1,
    )
)
def test_technical_facts_survive_any_company(parts: list[str]) -> None:
    text = " ann@example.com ".join(parts)
    assert WORD.sub(" ", masked(text)).split() == text.replace("ann@example.com", " ").split()


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_what_is_outside_of_words_is_untouched(text: str) -> None:
    parts = WORD.split(masked(text))
    end = 0
    for part in parts:
        end = text.index(part, end) + len(part)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 90_000,
        "a." * 45_000,
        "1 " * 45_000,
        "eyJ" * 30_000,
        "-----BEGIN PRIVATE KEY-----" * 3_000,
    ],
)
def test_a_text_that_is_made_to_be_slow_is_masked_all_the_same(text: str) -> None:
    assert masked(text)


def test_names_of_what_the_sender_calls_type_or_file_hide_nobody() -> None:
    report = IncomingReport(
        "1", "x", "y", metadata={"type": "ann@example.com", "file": "ann@a.org"}
    )
    assert {"ann@example.com", "ann@a.org"}.isdisjoint(mask(report, KEY).metadata.values())


def test_a_file_that_is_the_address_of_a_page_tells_nobodys_address() -> None:
    file = "https://ann:s3cret@shop.example.org/account?user=ann@example.com"
    trace = [{"type": "E", "frames": [{"file": file, "function": "pay", "line": 7}]}]
    assert "ann" not in str(mask(IncomingReport("1", "x", "y", trace=trace), KEY).trace)


def test_an_id_that_is_an_address_stays_one_and_tells_it_to_nobody() -> None:
    comments = [IncomingComment("ann@example.com:1", "x")]
    one, again, other = (
        mask(IncomingReport(text, "x", "y", comments=comments), KEY)
        for text in ("ann@example.com", "ann@example.com", "ben@example.com")
    )
    assert one.external_id == again.external_id != other.external_id
    assert "example.com" not in f"{one.external_id} {one.comments}"
    assert mask(IncomingReport("C024BE91L:1700000000.000100", "x", "y"), KEY).external_id == (
        "C024BE91L:1700000000.000100"
    )


@pytest.mark.parametrize(
    "text", ["ann@example.com", "4111 1111 1111 1111", "+49 30 1234567", "ann@mail.example.com"]
)
@pytest.mark.parametrize("left", range(3, 15))
def test_what_shortening_has_cut_is_not_shown_in_part(text: str, left: int) -> None:
    title = "x" * (TITLE_LIMIT - left - 2) + f" {text} cannot pay"
    report = build_report(1, RawReport(title=title, body="y"))
    assert isinstance(report, IncomingReport)
    shown = mask(report, KEY).title
    assert "ann@" not in shown
    assert not re.search(r"[0-9]{2} ?[0-9]{2}", shown)


def test_what_was_shortened_elsewhere_is_as_it_was() -> None:
    for text in ("It is slow since 3.2.1…", "Too many (12)…", "end of the list…", "x 1…"):
        assert masked(text) == text
