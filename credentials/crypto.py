"""Encrypting keys at rest: AES-256-GCM under a ring of keys. Plain Python.

A stored value reads `v1.<key id>.<base64url of IV and ciphertext>`. It opens only in the place it
was sealed for (owner, row and provider), so that a value moved to another row is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
KEY_BYTES = 32
IV_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


class KeyRingError(ValueError):
    """The text is no key ring; the message says why and never holds a key."""


class DecryptError(Exception):
    """A stored value cannot be read. The message holds neither the value nor its ciphertext."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is stored: it opens nowhere else."""

    owner_kind: Literal["user", "team"]
    owner_id: int
    row_id: int
    provider: str

    def as_bytes(self) -> bytes:
        """Two different places never have the same bytes."""
        return json.dumps(
            [VERSION, self.owner_kind, self.owner_id, self.row_id, self.provider]
        ).encode()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id, in order: the first one encrypts, all of them decrypt."""

    _keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> KeyRing:
        """The ring of `id1:base64key,id2:base64key`; raises KeyRingError."""
        keys: dict[str, bytes] = {}
        for entry in re.split(r"[,\s]+", text.strip()):
            key_id, colon, encoded = entry.partition(":")
            if not colon or not _KEY_ID.fullmatch(key_id):
                raise KeyRingError(
                    "each key is written as id:key, the id of letters, digits, - and _."
                )
            if key_id in keys:
                raise KeyRingError(f"the key id {key_id} is there twice.")
            keys[key_id] = _key(key_id, encoded)
        return cls(keys)

    @property
    def first_id(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self._keys))

    def encrypt(self, plaintext: str, place: Place) -> str:
        """The stored form of a value for one place."""
        iv = os.urandom(IV_BYTES)
        sealed = AESGCM(self._keys[self.first_id]).encrypt(iv, plaintext.encode(), place.as_bytes())
        return f"{VERSION}.{self.first_id}.{_encode(iv + sealed)}"

    def decrypt(self, stored: str, place: Place) -> str:
        """The value that was sealed for this place; raises DecryptError."""
        version, _, rest = stored.partition(".")
        key_id, _, encoded = rest.partition(".")
        if version != VERSION:
            raise DecryptError("It is not in a form that this version of the product writes.")
        key = self._keys.get(key_id) if _KEY_ID.fullmatch(key_id) else None
        if key is None:
            raise DecryptError("It was encrypted with a key that is not in SOULCASTER_KEYS.")
        sealed = _decode(encoded)
        try:
            return (
                AESGCM(key).decrypt(sealed[:IV_BYTES], sealed[IV_BYTES:], place.as_bytes()).decode()
            )
        except (InvalidTag, ValueError):
            raise DecryptError(
                "It was changed, moved here from another place, or the key in SOULCASTER_KEYS is another."
            ) from None


def key_id_of(stored: str) -> str:
    """The id of the key that a stored value was encrypted with."""
    return stored.split(".")[1]


def _key(key_id: str, encoded: str) -> bytes:
    try:
        # Both alphabets, with or without padding: people make keys with different tools.
        text = encoded.rstrip("=").translate(str.maketrans("+/", "-_"))
        key = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise KeyRingError(f"the key {key_id} is not base64.") from None
    if len(key) != KEY_BYTES:
        raise KeyRingError(f"the key {key_id} has {len(key)} bytes instead of {KEY_BYTES}.")
    return key


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    broken = DecryptError("It is damaged.")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise broken from None
    # Base64 has several spellings of the same bytes; only the one that was written counts.
    if _encode(data) != text or len(data) <= IV_BYTES:
        raise broken
    return data
