"""What a runner lacks, in words: what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agents.runners.registry import AgentEntry
from agents.sandboxes.registry import SandboxEntry
from credentials.providers import PROVIDERS

# The address of such a server is all that opens it.
WITHOUT_KEY = frozenset({"ollama"})


class Lack(NamedTuple):
    """One thing that is missing: a sentence, and another that says how to get it."""

    sentence: str
    remedy: str


def of_agent(agent: AgentEntry, values: Mapping[str, str], *, unnamed: str = "") -> list[Lack]:
    """What an agent with these values cannot start without.

    `unnamed` is a provider that could be used if somebody named a model of it.
    """
    model = values.get("model", "")
    provider = model.partition(":")[0]
    missing = {need.name: need for need in agent.missing(values)}
    if provider in WITHOUT_KEY and values.get("base_url"):
        missing.pop("key", None)
    found: list[Lack] = []
    if missing.pop("program", None) and agent.install is not None:
        found.append(
            Lack(
                f"The program {agent.install.program} is not installed on this machine.",
                f"An operator runs `bin/manage runner install {agent.name}`.",
            )
        )
    if "key" in missing or "model" in missing:
        missing.pop("key", None)
        missing.pop("model", None)
        found.append(_no_name(unnamed) if unnamed and not model else _no_model(agent, provider))
    return [*found, *(Lack(f"{need.title}: not set.", _ASK) for need in missing.values())]


def of_sandbox(place: SandboxEntry, *, has_key: bool) -> Iterator[Lack]:
    """What the place where it runs cannot be opened without."""
    if place.key and not has_key:
        title = _title(place.key)
        yield Lack(
            f"There is no key for {title}, where its sandbox would be.",
            f"Add a key for {title} under Settings, Keys; or an operator sets "
            f"{place.key.upper()}_API_KEY.",
        )


def listed(providers: Sequence[str]) -> str:
    """`Anthropic, OpenAI or Google Gemini`."""
    titles = [_title(name) for name in providers]
    return " or ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)


def _no_name(provider: str) -> Lack:
    return Lack(
        f"There is an address of {_title(provider)}, but nobody has named a model of it.",
        f"Name one at the start of a job, such as {provider}:qwen3-coder; or an operator sets "
        "SOULCASTER_MODEL.",
    )


def _no_model(agent: AgentEntry, provider: str) -> Lack:
    if provider in WITHOUT_KEY:
        return Lack(
            f"There is no address of {_title(provider)}.",
            f"Add it under Settings, Keys; or an operator sets {provider.upper()}_BASE_URL.",
        )
    providers = [provider] if provider else [*agent.providers] or ["anthropic", "openai"]
    # An agent that works with one provider only needs nobody to name a model.
    also = " and SOULCASTER_MODEL" if len(agent.providers) != 1 else ""
    return Lack(
        f"There is no key for a model of {listed(providers)}.",
        f"Add one under Settings, Keys; or an operator sets {providers[0].upper()}_API_KEY{also}.",
    )


def _title(provider: str) -> str:
    return PROVIDERS[provider].title if provider in PROVIDERS else provider


_ASK = "Ask an operator."
