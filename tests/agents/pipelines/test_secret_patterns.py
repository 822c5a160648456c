from __future__ import annotations

import pytest

from agents.pipelines.secret_patterns import (
    MAX_PIECES,
    PIECE,
    entropy,
    is_read_whole,
    secret_in,
)

RANDOM = "q8Zr2LwX" + "7vKp4TnB" + "1sYc"


# Put together here, so that no scanner takes this file for a leak.
@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "token: " + "github_pat_" + "A1b2C3d4" * 6,
        "key = AKIA" + "ABCDEFGHIJKLMNOP",
        "key = sk-ant-" + "api03-" + "x1Y2z3" * 5,
        "slack = xoxb-" + "123456789012-abc",
        "url = postgres://till:" + "hunter22" + "@db.example.com/till",
        "jwt = " + "eyJhbGciOiJIUzI1" + "." + "eyJzdWIiOiIxMjM0" + "." + "SflKxwRJSMeKKF2QT4",
        f"PASSWORD = '{RANDOM}'",
        f'"api_key": "{RANDOM}"',
    ],
)
def test_secrets_are_seen(line: str) -> None:
    assert secret_in(line)


@pytest.mark.parametrize(
    "line",
    [
        "password = os.environ['PASSWORD']",
        "password = 'correct horse battery staple'",
        "TOKEN_URL = 'https://example.com/oauth/token'",
        "token = 'aaaaaaaaaaaaaaaaaaaaaaaa'",
        "secret_name = 'the-name-of-the-secret'",
        f"digest = '{RANDOM}'",
        "postgres://user:${PASSWORD}@db/till",
        "assert split(100) == [33, 33, 34]",
    ],
)
def test_ordinary_lines_are_not(line: str) -> None:
    assert not secret_in(line)


@pytest.mark.parametrize(
    "line",
    [
        "tw = " + "SK" + "0123456789abcdef" * 2,
        "mail = " + "SG." + "a1B2c3D4e5F6g7H8i9J0k1" + "." + "a1B2c3D4e5" * 4 + "abc",
        "mc = '" + "0123456789abcdef" * 2 + "-us12'",
    ],
)
def test_a_well_kept_scanner_knows_more_than_we_do(line: str) -> None:
    assert "kind" in secret_in(line)


def test_a_secret_far_along_a_line_is_seen_wherever_pieces_meet() -> None:
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    for before in (PIECE - 10, PIECE, 3 * PIECE + 17, 100 * PIECE):
        assert secret_in("x" * before + " " + key + " " + "y" * 50)


@pytest.mark.parametrize("unit", ["password = '", "://a:", "eyJ", "a:b@", "key=", " ", "-"])
def test_a_long_line_takes_no_time(unit: str) -> None:
    assert secret_in(unit * (200_000 // len(unit))) == ""


def test_what_is_too_long_to_be_read_says_so() -> None:
    assert is_read_whole("x" * PIECE)
    assert not is_read_whole("x" * (MAX_PIECES + 1) * PIECE)


def test_entropy() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
