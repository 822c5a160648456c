"""Models by name, such as "anthropic:claude-sonnet-5", with the caller's own key.

The planner and the built-in agent share them. A provider's library is imported when its model is
wanted: it takes a second that a web process should not pay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_ai.models import Model

Build = Callable[[str, str, str | None], "Model"]


def model_factory(name: str, key: str, base_url: str = "") -> Callable[[], Model]:
    """A factory of the model `provider:name`; raises ValueError for an unknown provider.

    `base_url` is the address of a gateway; empty: the provider's own.
    """
    provider, _, model = name.partition(":")
    if provider not in PROVIDERS or not model:
        known = ", ".join(PROVIDERS)
        raise ValueError(f"write the model as provider:name, with a provider of {known}")
    return lambda: PROVIDERS[provider](model, key, base_url or None)


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

    if base_url:  # which only the general provider takes
        return _openai(name, key, base_url)
    return OpenAIChatModel(name, provider=OpenRouterProvider(api_key=key))


def _ollama(name: str, key: str, base_url: str | None) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.ollama import OllamaProvider

    return OpenAIChatModel(name, provider=OllamaProvider(base_url=base_url, api_key=key or None))


def _google(name: str, key: str, base_url: str | None) -> Model:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel(name, provider=GoogleProvider(api_key=key, base_url=base_url))


# What is asked for when there is a key but nobody has named a model.
DEFAULT_MODELS: Mapping[str, str] = {
    "anthropic": "anthropic:claude-sonnet-5",
    "openai": "openai:gpt-5.4",
    "openrouter": "openrouter:anthropic/claude-sonnet-5",
    "google": "google:gemini-3.8-flash",
}
PROVIDERS: Mapping[str, Build] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "openrouter": _openrouter,
    "google": _google,
    # And every other server that speaks OpenAI's protocol: its address takes the place of a key.
    "ollama": _ollama,
}
