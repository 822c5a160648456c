"""Forges on the GitHub of the tests, with waits that only count."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from clusters.forges.github.forge import GitHubForge
from tests.clusters.forges.repositories import WorkingCopy
from tests.stand_ins.github.server import GitHubServer

NAME = "acme/widgets"


@dataclass
class Waits:
    """A clock that moves when somebody waits."""

    now: float = 1_700_000_000.0
    seconds: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.now += seconds


@dataclass
class Bench:
    """A repository on GitHub that ann may write to."""

    server: GitHubServer
    folder: Path
    token: str
    waits: Waits = field(default_factory=Waits)
    renames: list[str] = field(default_factory=list)

    def forge(self, **changes: Any) -> GitHubForge:
        """Another worker's view of it."""
        wanted: dict[str, Any] = {
            "repository": NAME,
            "token": self.token,
            "mirror_path": self.folder / "mirrors" / "1.git",
            "web_url": self.server.url,
            "api_url": self.server.api_url,
            "keys_url": "https://soulcaster.example/keys",
            "timeout": 10.0,
            "wait": self.waits.wait,
            "now": lambda: self.waits.now,
            "renamed": self.renames.append,
            **changes,
        }
        return GitHubForge(**wanted)

    def called(self, method: str, *, ending: str = "") -> int:
        """How often the API got such a request."""
        return sum(
            call.method == method and call.path.endswith(ending) and ".git/" not in call.path
            for call in self.server.calls
        )


@pytest.fixture
def hub(github: GitHubServer, tmp_path: Path, source: WorkingCopy) -> Bench:
    """GitHub with a private repository of an organisation, and ann who may write to it."""
    token = github.add_user("ann")
    github.add_organisation("acme")
    github.add_repository(NAME, private=True, source=source.path)
    github.grant(NAME, "ann", "write")
    return Bench(github, tmp_path, token)
