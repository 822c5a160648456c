"""Where packages come from: asked from the installers themselves.

So an operator's own index counts as well as the public ones, and nothing has to be kept up to
date here. They are asked outside of the repository, whose settings are a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from agents.sandboxes.base import Destination, Sandbox

_PIP = """
from pip._internal.models.index import PyPI
print("https://" + PyPI.netloc)
print("https://" + PyPI.file_storage_domain)
"""
_QUESTIONS: Sequence[Sequence[str]] = (
    ("python3", "-c", _PIP),
    ("python3", "-m", "pip", "config", "get", "global.index-url"),
    ("npm", "config", "get", "registry"),
)
_PORTS = {"http": 80, "https": 443}


def of(sandbox: Sandbox, env: Mapping[str, str] | None = None) -> list[Destination]:
    """The hosts that pip and npm would fetch from; those that are not installed have none."""
    answers = [sandbox.run(question, cwd=sandbox.root, env=env) for question in _QUESTIONS]
    return destinations(answer.text for answer in answers if answer.ok)


def destinations(texts: Iterable[str]) -> list[Destination]:
    """The hosts of the addresses in these texts; a line that is no address counts for nothing."""
    found = [_destination(word) for text in texts for word in text.split()]
    return list(dict.fromkeys(each for each in found if each is not None))


def _destination(address: str) -> Destination | None:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or parts.scheme not in _PORTS:
        return None
    return Destination(parts.hostname, port, trusted=True)
