"""Which places to run there are, by name: ours, and those that other packages bring.

Another package adds one by an entry point of the group `soulcaster.sandboxes` that loads to a
`SandboxEntry`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from agents.needs import Need
from agents.sandboxes.base import SandboxError, SandboxProvider

GROUP = "soulcaster.sandboxes"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What a provider is made from.

    `home` is a folder of this machine for its files; `anchor` the process id of the launcher,
    whose end ends local commands; `readable` are paths of this machine that commands need;
    `installation` names this installation at a provider that others use, too; `values` are what
    the entry's needs ask for.
    """

    home: Path
    anchor: int | None = None
    readable: Sequence[Path] = ()
    installation: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


Factory = Callable[[Place], SandboxProvider]


@dataclass(frozen=True, slots=True)
class SandboxEntry:
    """One provider. `name` is the first half of runner names; `where` completes "Claude Code, ...".

    `key` is the provider of the credential that opens it ('' for none). `on_this_machine` says
    that agents' programs are looked up here and shown to it; elsewhere they come with its image.
    `adds_headers` is what its sandboxes say of themselves: keys need not be inside.
    """

    name: str
    title: str
    where: str
    description: str
    create: Factory
    needs: tuple[Need, ...] = ()
    key: str = ""
    on_this_machine: bool = False
    adds_headers: bool = False

    def missing(self, values: Mapping[str, str]) -> list[Need]:
        """The required needs that have no value."""
        return [need for need in self.needs if need.required and not values.get(need.name)]


def _local(place: Place) -> SandboxProvider:
    local = import_module("agents.sandboxes.local")
    provider: SandboxProvider = local.LocalProvider(
        place.home,
        anchor=place.anchor,
        tier=place.values.get("tier") or "auto",
        upstream=place.values.get("upstream") or "",
        extra_read_only=place.readable,
    )
    return provider


def _e2b(place: Place) -> SandboxProvider:
    # Only here: most installations never need E2B's SDK, and it takes a while to load.
    e2b = import_module("agents.sandboxes.e2b")
    account = e2b.Account(**{name: value for name, value in place.values.items() if value})
    provider: SandboxProvider = e2b.E2BProvider(account, installation=place.installation)
    return provider


_OWN = (
    SandboxEntry(
        "sandbox",
        "E2B",
        "in E2B",
        "A virtual machine of its own at E2B, made from a template with the agents in it.",
        _e2b,
        (
            Need("key", "E2B API key", secret=True),
            Need("template", "Name of the template"),
            Need("domain", "Domain of an E2B installation of your own", required=False),
            Need("api_url", "Address of its API", required=False),
            Need("sandbox_url", "Address of its sandboxes", required=False),
        ),
        key="e2b",
        adds_headers=True,
    ),
    SandboxEntry(
        "local",
        "This machine",
        "on this machine",
        "A folder of this machine, closed off by the kernel: own namespaces, bubblewrap or Landlock.",
        _local,
        (Need("tier", "The isolation to use instead of the strongest", required=False),),
        on_this_machine=True,
    ),
)


@cache
def sandboxes() -> Mapping[str, SandboxEntry]:
    """Every provider by name: our own first, and nobody can replace them."""
    known = {entry.name: entry for entry in _OWN}
    for point in entry_points(group=GROUP):
        added = _loaded(point)
        if added is not None:
            known.setdefault(added.name, added)
    return known


def entry(name: str) -> SandboxEntry:
    """The provider of this name; raises SandboxError if there is none."""
    try:
        return sandboxes()[name]
    except KeyError:
        known = ", ".join(sorted(sandboxes()))
        raise SandboxError(f"There is no sandbox {name[:100]!r}; there are {known}.") from None


def _loaded(point: EntryPoint) -> SandboxEntry | None:
    """A stranger's entry; a broken package must not take all other providers with it."""
    try:
        loaded = point.load()
    except Exception:  # noqa: BLE001 (it may raise anything)
        _log.exception("the sandbox %s could not be loaded", point.name)
        return None
    if isinstance(loaded, SandboxEntry):
        return loaded
    _log.error("the sandbox %s is not a SandboxEntry", point.name)
    return None
