from __future__ import annotations

import pytest

from credentials import outbound
from credentials.probes import Finding, probe
from credentials.providers import PROVIDERS, looks_like
from tests.stand_ins.providers import GOOD, ProviderServer

ASKED = {
    "anthropic": ("/v1/models?limit=1", "x-api-key", GOOD),
    "openai": ("/models", "authorization", f"Bearer {GOOD}"),
    "openrouter": ("/key", "authorization", f"Bearer {GOOD}"),
    "google": ("/v1beta/models?pageSize=1", "x-goog-api-key", GOOD),
    "e2b": ("/sandboxes", "x-api-key", GOOD),
    "github": ("/user", "authorization", f"Bearer {GOOD}"),
    "slack": ("/auth.test", "authorization", f"Bearer {GOOD}"),
}


def ask(provider: ProviderServer, name: str, secret: str = GOOD) -> Finding:
    return probe(name, secret, provider.url, outbound.get)


@pytest.mark.parametrize("name", ASKED)
def test_a_good_key_is_taken_by_one_call_with_the_key_in_a_header(
    provider: ProviderServer, name: str
) -> None:
    assert ask(provider, name).error == ""
    [(path, headers)] = provider.calls
    wanted, header, value = ASKED[name]
    assert (path, headers[header]) == (wanted, value)


@pytest.mark.parametrize("name", ASKED)
def test_a_bad_key_is_explained_without_repeating_it(provider: ProviderServer, name: str) -> None:
    error = ask(provider, name, "bad-key-0123456789").error
    assert error.startswith(f"{PROVIDERS[name].title} refused this key")
    assert "bad-key-0123456789" not in error


def test_every_provider_that_can_be_verified_has_a_call() -> None:
    assert {name for name, info in PROVIDERS.items() if info.verifiable} == {*ASKED, "ollama"}


def test_a_token_without_the_scope_repo_is_named(provider: ProviderServer) -> None:
    provider.say(200, {"login": "alice"}, {"X-OAuth-Scopes": "read:user"})
    found = ask(provider, "github")
    assert "without the scope repo" in found.error
    assert found.scopes == "read:user"


def test_a_fine_grained_token_tells_no_scopes(provider: ProviderServer) -> None:
    provider.say(200, {"login": "alice"})
    assert ask(provider, "github") == Finding()


def test_google_refuses_a_key_with_another_status(provider: ProviderServer) -> None:
    details = [{"reason": "API_KEY_INVALID"}]
    provider.say(400, {"error": {"message": "API key not valid.", "details": details}})
    assert "refused this key (“API key not valid”)" in ask(provider, "google").error


@pytest.mark.parametrize(
    ("status", "words"),
    [(429, "slow down"), (503, "status 503"), (302, "status 302"), (404, "status 404")],
)
def test_other_answers_say_nothing_about_the_key(
    provider: ProviderServer, status: int, words: str
) -> None:
    provider.say(status, {}, {"Location": "http://169.254.169.254/"} if status == 302 else {})
    error = ask(provider, "anthropic").error
    assert words in error
    assert "refused" not in error
    assert len(provider.calls) == 1


@pytest.mark.parametrize("body", [b"<html>", b"", b"[" * 100_000, b"x" * 2_000_000], ids=len)
def test_an_answer_in_another_form_is_no_yes(provider: ProviderServer, body: bytes) -> None:
    provider.say(200, body)
    assert "not as Anthropic does" in ask(provider, "anthropic").error


def test_the_words_of_a_provider_are_cut_and_cleaned(provider: ProviderServer) -> None:
    provider.say(401, {"error": {"message": "\x1b[31mno\u202e " + "word " * 200 + "t" * 40}})
    error = ask(provider, "anthropic").error
    assert len(error) < 300
    assert error.isprintable()


def test_a_server_that_is_away_is_said_to_be(provider: ProviderServer) -> None:
    url = provider.url.rpartition(":")[0] + ":1"
    error = probe("anthropic", GOOD, url, outbound.get).error
    assert "could not be reached" in error
    assert "kept" in error


@pytest.mark.parametrize(
    ("secret", "name"),
    [("sk-ant-x", "anthropic"), ("sk-or-x", "openrouter"), ("ghp_x", "github"), ("sk-x", None)],
)
def test_keys_are_known_by_how_they_begin(secret: str, name: str | None) -> None:
    found = looks_like(secret)
    assert (found.name if found else None) == name
