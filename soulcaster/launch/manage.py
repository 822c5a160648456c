"""`bin/manage`: Django's commands with the environment of the running (or last) processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from soulcaster.launch.environment import environment
from soulcaster.launch.home import CHECKOUT, Home
from soulcaster.launch.terminal import Terminal
from soulcaster.launch.valkey import endpoint


def main(arguments: Sequence[str], terminal: Terminal) -> NoReturn:
    """Become manage.py."""
    home = Home.chosen()
    home.prepare()
    names = beside(home)
    argv = [sys.executable, str(CHECKOUT / "manage.py"), *arguments]
    os.execve(sys.executable, argv, names)  # noqa: S606 - an argv, no shell


def beside(home: Home) -> dict[str, str]:
    """The environment of a command that runs beside the running (or last) product."""
    return environment(
        home,
        address="http://localhost:8000",
        redis_url=os.environ.get("REDIS_URL") or endpoint(home).url,
        extra=home.facts().get("environment"),
    )
