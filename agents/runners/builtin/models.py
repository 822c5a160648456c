"""Models by name, such as "anthropic:claude-sonnet-4-5", with the caller's own key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def _anthropic(name: str, key: str, base_url: str) -> Model:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return AnthropicModel(name, provider=AnthropicProvider(api_key=key, base_url=base_url or None))


def _openai(name: str, key: str, base_url: str) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel(name, provider=OpenAIProvider(api_key=key, base_url=base_url or None))


def _google(name: str, key: str, base_url: str) -> Model:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel(name, provider=GoogleProvider(api_key=key, base_url=base_url or None))


PROVIDERS: dict[str, Callable[[str, str, str], Model]] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "google": _google,
}


def model_factory(name: str, key: str, base_url: str = "") -> Callable[[], Model]:
    """A factory of a model; raises ValueError for a name without a known provider.

    The provider's library is imported when the factory is called.
    """
    provider, _, model = name.partition(":")
    if provider not in PROVIDERS or not model:
        known = ", ".join(PROVIDERS)
        raise ValueError(f"write the model as provider:name, with a provider of {known}")
    return lambda: PROVIDERS[provider](model, key, base_url)
