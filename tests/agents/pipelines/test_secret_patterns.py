from __future__ import annotations

import pytest

from agents.pipelines.secret_patterns import MAX_LINE, entropy, secret_in

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


def test_a_long_line_takes_no_time() -> None:
    assert secret_in("password = '" * 100_000) == ""
    assert secret_in(" " * MAX_LINE + "-----BEGIN " + "PRIVATE KEY-----") == ""


def test_entropy() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
