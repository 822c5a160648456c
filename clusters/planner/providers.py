"""A model of a provider, for the planner and the built-in agent. Imports the library when called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def build_model(provider: str, name: str, key: str, base_url: str = "") -> Model:
    """The model `name` of `provider` with this key; raises ValueError for an unknown provider."""
    builders = {
        "anthropic": _anthropic,
        "openai": _openai,
        "openrouter": _openrouter,
        "google": _google,
    }
    try:
        build = builders[provider]
    except KeyError:
        raise ValueError(f"{provider!r} is not one of {', '.join(builders)}.") from None
    return build(name, key, base_url or None)


def _anthropic(name: str, key: str, base_url: str | None) -> Model:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return AnthropicModel(name, provider=AnthropicProvider(api_key=key, base_url=base_url))


def _openai(name: str, key: str, base_url: str | None) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel(name, provider=OpenAIProvider(api_key=key, base_url=base_url))


def _openrouter(name: str, key: str, base_url: str | None) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openrouter import OpenRouterProvider

    return OpenAIChatModel(name, provider=OpenRouterProvider(api_key=key))


def _google(name: str, key: str, base_url: str | None) -> Model:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel(name, provider=GoogleProvider(api_key=key, base_url=base_url))
