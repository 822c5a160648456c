"""Which model an agent talks to, and where that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from agents.sandboxes.base import Destination

Wire = Literal["anthropic", "openai", "google"]

# Where each provider's own service is, without a path for Anthropic, as its clients want it.
_ADDRESSES: Mapping[str, str] = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "google": "https://generativelanguage.googleapis.com",
    "ollama": "http://localhost:11434/v1",
}
_WIRES: Mapping[str, Wire] = {"anthropic": "anthropic", "google": "google"}
_PORTS = {"http": 80, "https": 443}


class UnusableModel(ValueError):
    """The model cannot be used like this; the text says what to change."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model, such as ("anthropic", "claude-sonnet-5"), and the key that opens it.

    `base_url` is another address than the provider's own: a gateway, an Ollama, any server that
    speaks the same protocol. `trusted`: the operator vouches for it, so that it may be in a
    private network.
    """

    provider: str
    name: str
    key: str = field(default="", repr=False)
    base_url: str = ""
    trusted: bool = False

    @property
    def address(self) -> str:
        """Where requests go, without a slash at the end; raises UnusableModel."""
        address = (self.base_url or _ADDRESSES.get(self.provider, "")).rstrip("/")
        if not address:
            raise UnusableModel(f"There is no address for models of {self.provider!r}.")
        # People know an Ollama by its host and port; its OpenAI protocol is below /v1.
        bare = self.provider == "ollama" and not urlsplit(address).path
        return f"{address}/v1" if bare else address

    @property
    def wire(self) -> Wire:
        """The protocol that the model's server speaks."""
        return _WIRES.get(self.provider, "openai")

    @property
    def destination(self) -> Destination:
        """The host and port of the address; raises UnusableModel for one without a host."""
        try:
            parts = urlsplit(self.address)
            port = parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            parts, port = urlsplit(""), None
        if port is None or parts.scheme not in _PORTS or not parts.hostname:
            raise UnusableModel(f"{self.address[:200]!r} is not the address of a model server.")
        return Destination(parts.hostname, port, trusted=self.trusted)
