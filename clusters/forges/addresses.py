"""Where another repository is, and what git may use to reach it.

A secret reaches git by its environment alone: never by its arguments, an address or a file.
"""

from __future__ import annotations

import ipaddress
import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from clusters.forges.base import GitError

# How an operator says where the network's proxy and certificates are; needed by https only.
_NETWORK = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")
_USER, _PASSWORD = "SOULCASTER_GIT_USER", "SOULCASTER_GIT_PASSWORD"
# Git runs this constant text with a shell; the secret itself stays in the environment.
_HELPER = f'!f() {{ printf "username=%s\\npassword=%s\\n" "${_USER}" "${_PASSWORD}"; }}; f'
_HOST = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Remote:
    """Another repository, with the settings and the environment that git needs to reach it."""

    url: str
    settings: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def local(self) -> bool:
        """Whether it lies on this machine."""
        return self.url.startswith("/")

    @property
    def secret(self) -> str:
        """What git is given as a password, '' without one: for hiding it in what git says."""
        return self.environment.get(_PASSWORD, "")


def remote(url: str | Remote) -> Remote:
    """A remote from an absolute path or an `https://[user:token@]host/path` address.

    Every other way to name one (ssh, git, ext::, file://, a relative path) raises GitError.
    """
    if isinstance(url, Remote):
        return url
    _check_letters(url)
    if url.startswith("/"):
        return Remote(url, ("protocol.file.allow=always",))
    if not url.startswith("https://"):
        raise GitError("Only https:// addresses and absolute paths can be used as a repository.")
    parts = _parts(url)
    return _web(parts, unquote(parts.username or ""), unquote(parts.password or ""))


def web_remote(url: str, *, hosts: Collection[str], user: str, secret: str) -> Remote:
    """A repository on one of `hosts` ("name" or "name:port"), reached with a user and a secret.

    Plain http is refused, except to this machine itself, where nobody listens in between.
    Raises GitError.
    """
    _check_letters(url)
    parts = _parts(url)
    if parts.username or parts.password:
        raise GitError("The repository's address must not contain a credential.")
    if parts.netloc.lower() not in {host.lower() for host in hosts}:
        raise GitError("The repository is not on a host that the operator has opened.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise GitError("The repository's address must begin with https://.")
    return _web(parts, user, secret)


def is_loopback(host: str | None) -> bool:
    """Whether a host's name or address, as it is written, means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _check_letters(url: str) -> None:
    if any(unicodedata.category(letter) == "Cc" for letter in url):
        raise GitError("The repository's address contains control characters.")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise GitError("The repository's address is not complete.") from None
    host = parts.netloc.rpartition("@")[2]
    if not _HOST.fullmatch(host) or "@" in parts.path or parts.query or parts.fragment:
        raise GitError("The repository's address is not complete: https://host/owner/name.")
    return parts


def _web(parts: SplitResult, user: str, secret: str) -> Remote:
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    environment = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    settings = [f"protocol.{parts.scheme}.allow=always"]
    if user or secret:
        # Tied to the host, so that nobody else is ever given the token.
        settings.append(f"credential.{origin}.helper={_HELPER}")
        environment[_USER], environment[_PASSWORD] = user, secret
    return Remote(f"{origin}{parts.path}", tuple(settings), environment)
