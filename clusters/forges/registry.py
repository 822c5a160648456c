"""The kinds of forges: adding one is its file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clusters.forges.base import Forge, ForgeError
from clusters.forges.github.forge import GitHubForge
from clusters.forges.local import LocalForge

# Each constructor has its own arguments; `clusters.wiring` knows them.
FORGES: Mapping[str, Callable[..., Forge]] = {
    GitHubForge.kind: GitHubForge,
    LocalForge.kind: LocalForge,
}


def forge_class(kind: str) -> Callable[..., Forge]:
    """The constructor of a kind of forge; raises ForgeError('forge_unknown')."""
    try:
        return FORGES[kind]
    except KeyError:
        known = ", ".join(sorted(FORGES))
        raise ForgeError(
            "forge_unknown", f"There is no forge “{kind[:40]}”: use {known}."
        ) from None
