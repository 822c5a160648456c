"""Whose account at E2B, and where its service is."""

from __future__ import annotations

from dataclasses import dataclass, field

from e2b import E2B

REQUEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Account:
    """`template` is what machines are made from. Addresses: empty for E2B's own.

    `domain` is that of an installation of one's own; `api_url` and `sandbox_url` are for one that
    has no names.
    """

    key: str = field(repr=False)
    template: str
    api_url: str = ""
    sandbox_url: str = ""
    domain: str = ""

    def client(self) -> E2B:
        """The SDK, bound to this account and to nothing that the environment says."""
        return E2B(
            api_key=self.key,
            api_url=self.api_url or None,
            sandbox_url=self.sandbox_url or None,
            domain=self.domain or None,
            request_timeout=REQUEST_SECONDS,
            debug=False,
        )
