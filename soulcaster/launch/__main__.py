"""`python -m soulcaster.launch up|demo|manage`: what bin/up, bin/demo and bin/manage call."""

from __future__ import annotations

import sys
from importlib import import_module

from soulcaster.launch.home import AlreadyRunning, HomeError
from soulcaster.launch.processes import Hopeless
from soulcaster.launch.stack import Stopped, signals_stop
from soulcaster.launch.terminal import Terminal

COMMANDS = ("up", "demo", "manage")


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    command, *rest = arguments or [""]
    if command not in COMMANDS:
        sys.stderr.write("Usage: bin/up, bin/demo or bin/manage (each knows --help).\n")
        return 2
    terminal = Terminal()
    try:
        with signals_stop():
            status: int = import_module(f"soulcaster.launch.{command}").main(rest, terminal)
    except Stopped:
        terminal.say("Stopped.")
        return 0
    except (AlreadyRunning, HomeError, Hopeless, OSError) as error:
        terminal.complain(str(error))
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
