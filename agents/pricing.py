"""What an exchange with a model costs: by the operator's prices, else by the public list.

Plain Python: no Django here. The operator's prices come in as an argument; the public list is that
of the package genai-prices, or a newer one that `use_list` read.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

import genai_prices
from genai_prices import data_snapshot, types

from agents.runners.base import Usage

# More than any exchange has; what is above comes from a broken or hostile agent.
MOST_TOKENS = 10**12
MOST_COST = Decimal(100_000)  # USD

_MILLION = Decimal(1_000_000)
_MICRO = Decimal("0.000001")  # USD: what the database keeps
# The day at the end of a model's name, such as -20260115 or -2026-01-15.
_DAY = re.compile(r"-20\d\d-?\d\d-?\d\d$")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens. `cached` is for those read from a cache; None: as other input."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """USD. `estimated`: the tokens or the price may be a little different."""

    usd: Decimal
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Tariff:
    """What is known of the price of a runner's work.

    `provider` and `model` are those that were chosen, for an agent that does not name its own.
    `own` are the operator's prices by provider and model, both in small letters. `agent_knows`
    says that the agent's own numbers can be relied on; `elsewhere` that its requests go to another
    address than the provider's, which may want other prices.
    """

    provider: str = ""
    model: str = ""
    own: Mapping[tuple[str, str], Price] = field(default_factory=dict)
    agent_knows: bool = False
    elsewhere: bool = False

    def cost(self, usage: Usage) -> Cost | None:
        """The cost of one exchange; None for a model that nobody knows the price of."""
        usage = cleaned(usage)
        if price := self._own_price(usage.model):
            return Cost(_by_price(usage, price), usage.estimated)
        if self.agent_knows and usage.cost_usd is not None:
            return Cost(_rounded(Decimal(str(usage.cost_usd))), usage.estimated)
        return self._by_list(usage)

    def knows(self) -> bool:
        """Whether the work of the chosen model can be given a price."""
        return self.agent_knows or self.cost(Usage(1, 1)) is not None

    def _own_price(self, said: str) -> Price | None:
        for provider, model in self._names(said):
            for name in (model, _DAY.sub("", model)):
                if price := self.own.get((provider, name)):
                    return price
        return None

    def _by_list(self, usage: Usage) -> Cost | None:
        for provider, model in self._names(usage.model):
            usd = _list_price(usage, provider, model)
            if usd is not None:
                # Another provider than the chosen one is a guess.
                known = bool(provider) and provider == self.provider.lower()
                doubtful = usage.estimated or self.elsewhere or not known
                return Cost(_rounded(usd), doubtful)
        return None

    def _names(self, said: str) -> list[tuple[str, str]]:
        """Provider and model as the agent may have meant them, in small letters."""
        model = (said or self.model).lower()
        before, _, after = model.partition("/")
        chosen = self.provider.lower()
        names = [(chosen, model), *([(chosen, after), (before, after)] if after else [])]
        return [(provider, name) for provider, name in names if name]


def cleaned(usage: Usage) -> Usage:
    """The numbers of an agent within bounds: they are a stranger's."""
    tokens = _bounded(usage.input_tokens)
    cached = min(_bounded(usage.cached_tokens), tokens)
    written = min(_bounded(usage.cache_written_tokens), tokens - cached)
    return replace(
        usage,
        input_tokens=tokens,
        output_tokens=_bounded(usage.output_tokens),
        cached_tokens=cached,
        cache_written_tokens=written,
        cost_usd=_sane(usage.cost_usd),
        model=usage.model.replace("\0", "").strip()[:100],
    )


def use_list(data: bytes) -> int:
    """Take prices from a list as the package publishes it; how many providers are in it.

    Raises ValueError for what is no such list.
    """
    raw = json.loads(data)
    if not isinstance(raw, list) or not raw:
        raise ValueError("This is not a list of providers.")
    providers = types._providers_from_raw(raw)
    data_snapshot.set_custom_snapshot(
        data_snapshot.DataSnapshot(providers=providers, from_auto_update=True)
    )
    return len(providers)


def _by_price(usage: Usage, price: Price) -> Decimal:
    cached = price.input if price.cached is None else price.cached
    total = (
        (usage.input_tokens - usage.cached_tokens) * price.input
        + usage.cached_tokens * cached
        + usage.output_tokens * price.output
    )
    return _rounded(total / _MILLION)


def _list_price(usage: Usage, provider: str, model: str) -> Decimal | None:
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_written_tokens,
    )
    try:
        return genai_prices.calc_price(counted, model, provider_id=provider or None).total_price
    except (LookupError, ValueError):
        return None  # not in the list, or of a kind whose price depends on more


def _rounded(usd: Decimal) -> Decimal:
    return min(usd, MOST_COST).quantize(_MICRO, ROUND_HALF_UP)


def _bounded(tokens: int) -> int:
    return min(max(tokens, 0), MOST_TOKENS)


def _sane(cost: float | None) -> float | None:
    return cost if cost is not None and math.isfinite(cost) and cost >= 0 else None
