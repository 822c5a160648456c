"""What a model's tokens cost by the public list; None where nobody knows."""

from __future__ import annotations

import genai_prices


def cost(
    provider: str, model: str, tokens_in: int, tokens_out: int, *, cached: int = 0
) -> float | None:
    """USD. `cached` are those of `tokens_in` that were read from a cache."""
    counted = genai_prices.Usage(
        input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=cached
    )
    try:
        price = genai_prices.calc_price(counted, model, provider_id=provider or None)
    except (LookupError, ValueError):
        return None
    return round(float(price.total_price), 6)
