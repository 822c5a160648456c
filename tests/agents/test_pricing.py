"""What an exchange costs, and how sure that is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from genai_prices import data_snapshot

from agents import pricing
from agents.pricing import Cost, Price, Tariff
from agents.runners.base import Usage

OWN = {("openai", "gpt-5"): Price(Decimal(2), Decimal(10), Decimal("0.5"))}
MILLION = 1_000_000


def test_the_operator_s_price_goes_before_everything_else() -> None:
    tariff = Tariff("openai", "gpt-5", OWN, agent_knows=True)
    usage = Usage(MILLION, MILLION, cached_tokens=MILLION // 2, cost_usd=99.0)
    assert tariff.cost(usage) == Cost(Decimal("11.25"), estimated=False)


def test_without_a_price_for_cached_tokens_they_cost_like_others() -> None:
    own = {("openai", "gpt-5"): Price(Decimal(2), Decimal(10))}
    cost = Tariff("openai", "gpt-5", own).cost(Usage(MILLION, 0, cached_tokens=MILLION))
    assert cost == Cost(Decimal(2))


def test_the_agent_s_own_cost_counts_where_it_is_exact() -> None:
    usage = Usage(10, 10, cost_usd=0.25)
    assert Tariff("openrouter", "own-model", agent_knows=True).cost(usage) == Cost(Decimal("0.25"))
    assert Tariff("openrouter", "own-model").cost(usage) is None


def test_the_public_list_counts_cached_tokens_by_their_own_price() -> None:
    tariff = Tariff("anthropic", "claude-sonnet-4-5")
    fresh = tariff.cost(Usage(1000, 0))
    cached = tariff.cost(Usage(1000, 0, cached_tokens=1000))
    written = tariff.cost(Usage(1000, 0, cache_written_tokens=1000))
    assert fresh == Cost(Decimal("0.003"))
    assert cached == Cost(Decimal("0.0003"))
    assert written == Cost(Decimal("0.00375"))


def test_a_model_that_nobody_knows_has_no_cost() -> None:
    assert Tariff("openai", "mock-model").cost(Usage(10, 10)) is None
    assert Tariff("ollama", "qwen3-coder").cost(Usage(10, 10)) is None
    assert Tariff().cost(Usage(10, 10)) is None


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("anthropic", "claude-sonnet-4-5"), "claude-sonnet-4-5-20250929"),
        (("anthropic", "claude-sonnet-4-5"), "anthropic/claude-sonnet-4-5"),
        (("anthropic", "claude-sonnet-4-5"), ""),
        (("openrouter", "anthropic/claude-sonnet-4.5"), "anthropic/claude-sonnet-4.5"),
        (("openrouter", "anthropic/claude-sonnet-4.5"), "openrouter/anthropic/claude-sonnet-4.5"),
    ],
)
def test_the_spellings_of_agents_mean_the_same_model(chosen: tuple[str, str], said: str) -> None:
    assert Tariff(*chosen).cost(Usage(100_000, 0, model=said)) == Cost(Decimal("0.3"))


def test_an_own_price_holds_for_the_dated_name_of_its_model_and_for_no_other() -> None:
    tariff = Tariff("openai", "gpt-5", OWN)
    dated = tariff.cost(Usage(MILLION, 0, model="GPT-5-2025-08-07"))
    other = tariff.cost(Usage(MILLION, 0, model="gpt-5-mini"))
    assert dated == Cost(Decimal(2))
    assert other != Cost(Decimal(2))


@pytest.mark.parametrize(
    "tariff",
    [
        Tariff("openai", "gpt-5", elsewhere=True),
        Tariff("", "gpt-5"),
        Tariff("openai", "anthropic/claude-sonnet-4-5"),
    ],
    ids=["by another address", "without a provider", "of another provider"],
)
def test_a_price_of_the_list_that_may_not_be_the_right_one_is_an_estimate(tariff: Tariff) -> None:
    cost = tariff.cost(Usage(1000, 1000))
    assert cost is not None
    assert cost.estimated


def test_estimated_tokens_make_an_estimated_cost() -> None:
    cost = Tariff("openai", "gpt-5", OWN).cost(Usage(1000, 1000, estimated=True))
    assert cost is not None
    assert cost.estimated


def test_a_tariff_says_whether_a_budget_can_be_kept() -> None:
    assert Tariff("openai", "gpt-5").knows()
    assert Tariff("openrouter", "own-model", agent_knows=True).knows()
    assert not Tariff("openai", "mock-model").knows()


def test_a_stranger_s_numbers_are_brought_within_bounds() -> None:
    usage = Usage(-5, 10**15, cached_tokens=7, cost_usd=float("nan"), model=" x\0" * 200)
    cleaned = pricing.cleaned(usage)
    assert (cleaned.input_tokens, cleaned.output_tokens) == (0, pricing.MOST_TOKENS)
    assert (cleaned.cached_tokens, cleaned.cost_usd) == (0, None)
    assert len(cleaned.model) <= 100
    assert "\0" not in cleaned.model


def test_a_stranger_s_cost_is_bounded() -> None:
    cost = Tariff(agent_knows=True).cost(Usage(1, 1, cost_usd=1e30))
    assert cost == Cost(pricing.MOST_COST)


def test_a_newer_list_is_used() -> None:
    listed = b"""[{"id": "openai", "name": "OpenAI", "api_pattern": "x", "models": [
        {"id": "gpt-99", "match": {"equals": "gpt-99"}, "prices": {"input_mtok": 7}}]}]"""
    try:
        assert pricing.use_list(listed) == 1
        assert Tariff("openai", "gpt-99").cost(Usage(MILLION, 0)) == Cost(Decimal(7))
    finally:
        data_snapshot.set_custom_snapshot(None)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"[1]", b"<html>"])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        pricing.use_list(data)
