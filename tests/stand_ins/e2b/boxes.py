"""The sandboxes that the double knows: what was asked for, and the machine behind each."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.stand_ins.e2b.egress import Egress
from tests.stand_ins.e2b.machine import Machine

ENVD_VERSION = "0.6.7"


def now() -> dt.datetime:
    """The time, with its zone."""
    return dt.datetime.now(dt.UTC)


@dataclass(eq=False)
class Box:
    """One sandbox. `timeouts` and `networks` are all that were ever set, the first at creation."""

    id: str
    body: dict[str, Any]
    machine: Machine
    egress: Egress
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: str = "running"
    started: dt.datetime = field(default_factory=now)
    ends: dt.datetime = field(default_factory=now)
    timeouts: list[int] = field(default_factory=list)
    networks: list[dict[str, Any]] = field(default_factory=list)

    def live_for(self, seconds: int) -> None:
        """End it that many seconds from now."""
        self.timeouts.append(seconds)
        self.ends = now() + dt.timedelta(seconds=seconds)

    def set_network(self, rules: dict[str, Any]) -> None:
        """These rules and no others."""
        self.networks.append(rules)
        self.egress.rules = rules

    def brief(self) -> dict[str, Any]:
        """What whoever made or connected it gets."""
        return {
            "sandboxID": self.id,
            "templateID": self.body["templateID"],
            "alias": self.body["templateID"],
            "clientID": "double",
            "envdVersion": ENVD_VERSION,
            "envdAccessToken": self.token,
            "domain": None,
            "trafficAccessToken": None,
        }

    def detail(self) -> dict[str, Any]:
        """What a list or a look shows: no token."""
        shown = {k: v for k, v in self.brief().items() if k not in {"domain", "trafficAccessToken"}}
        return {
            **shown,
            "envdAccessToken": None,
            "startedAt": self.started.isoformat(),
            "endAt": self.ends.isoformat(),
            "cpuCount": 2,
            "memoryMB": 4096,
            "diskSizeMB": 10240,
            "state": self.state,
            "metadata": self.body.get("metadata") or {},
        }


class Boxes:
    """All of them. `backends` says where the names of the outside world really are."""

    def __init__(
        self, folder: Path, programs: Mapping[str, Path], readable: Sequence[Path]
    ) -> None:
        self.all: dict[str, Box] = {}
        self.backends: dict[str, tuple[str, int]] = {}
        self._folder = folder
        self._programs = programs
        self._readable = readable

    async def make(self, body: dict[str, Any]) -> Box:
        """A sandbox with its machine booted."""
        id_ = f"i{secrets.token_hex(10)}"
        machine = Machine(self._folder / id_, self._programs, self._readable)
        machine.name_hosts(list(self.backends))
        await machine.start()
        assert machine.gateway is not None
        box = Box(id_, body, machine, Egress(machine.gateway, self.backends))
        box.set_network(
            {
                **(body.get("network") or {}),
                "allow_internet_access": body.get("allow_internet_access", True),
            }
        )
        box.live_for(body.get("timeout") or 300)
        box.egress.start()
        self.all[id_] = box
        return box

    def end(self, box: Box) -> None:
        """Kill the machine; nothing of the sandbox is left."""
        self.all.pop(box.id, None)
        box.egress.stop()
        box.machine.kill()

    def end_old_ones(self) -> None:
        """Those whose time is up are killed or, if they were made so, paused."""
        for box in list(self.all.values()):
            if box.state == "running" and now() > box.ends:
                if box.body.get("autoPause"):
                    self.pause(box)
                else:
                    self.end(box)

    def pause(self, box: Box) -> None:
        """Stop the machine where it is."""
        box.state = "paused"
        box.machine.pause()

    def resume(self, box: Box) -> None:
        """Let the machine go on; nothing happens to one that runs."""
        if box.state == "paused":
            box.machine.resume()
            box.state = "running"
