"""What a typed key must look like before it is stored. No message repeats it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings

from credentials import outbound
from credentials.errors import Invalid
from credentials.providers import PROVIDERS, ProviderInfo, looks_like

SHORTEST = 8
LONGEST = 4096
LONGEST_ADDRESS = 500
# The end of a short key says too much of it.
SHORTEST_WITH_END = 16


@dataclass(frozen=True, slots=True)
class Given:
    """A key that can be stored."""

    provider: str
    secret: str = field(repr=False)
    base_url: str
    last_four: str


def checked(provider: str, secret: str, base_url: str = "") -> Given:
    """The key as it is stored; raises Invalid with the field that is wrong."""
    info = PROVIDERS.get(provider)
    if info is None:
        raise _invalid("provider", "Choose a provider from the list.")
    secret, base_url = secret.strip(), base_url.strip()
    _check_characters(secret)
    if provider == "ollama":
        _check_address(secret, "secret")
        return Given(provider, secret.rstrip("/"), secret.rstrip("/"), "")
    _check_kind(info, secret, base_url)
    if base_url:
        if not info.gateway:
            raise _invalid("base_url", f"{info.title} is always asked at its own address.")
        _check_address(base_url, "base_url")
    last_four = secret[-4:] if len(secret) >= SHORTEST_WITH_END else ""
    return Given(provider, secret, base_url.rstrip("/"), last_four)


def _check_characters(secret: str) -> None:
    if not SHORTEST <= len(secret) <= LONGEST:
        raise _invalid(
            "secret", f"A key has {SHORTEST} to {LONGEST} characters: copy the whole of it."
        )
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise _invalid("secret", "A key has no blanks and no special letters: copy it again.")


def _check_kind(info: ProviderInfo, secret: str, base_url: str) -> None:
    other = looks_like(secret)
    # Gateways make keys of any look.
    if other is not None and other is not info and not base_url:
        raise _invalid(
            "secret",
            f"This looks like a key for {other.title}: choose that provider, or copy again.",
        )
    if info.name == "aws" and not all(secret.partition(":")):
        raise _invalid("secret", "Write the access key id, a colon and the secret access key.")


def _check_address(url: str, name: str) -> None:
    if len(url) > LONGEST_ADDRESS:
        raise _invalid(name, f"An address has at most {LONGEST_ADDRESS} characters.")
    try:
        outbound.check_address(url, private=settings.PRIVATE_ADDRESSES)
    except outbound.AddressRefused as refusal:
        raise _invalid(name, str(refusal)) from None


def _invalid(name: str, sentence: str) -> Invalid:
    return Invalid("credential_invalid", sentence, fields={name: [sentence]})
