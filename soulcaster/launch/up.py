"""`bin/up`: the product for real use, in the foreground."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from soulcaster.launch import ports
from soulcaster.launch.home import Home
from soulcaster.launch.stack import Stack, running
from soulcaster.launch.terminal import Terminal


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Start everything and watch over it until a signal comes."""
    options = parse(arguments)
    home = Home.chosen(options.home)
    home.prepare()
    with home.held() as note:
        terminal.say(f"Starting Soulcaster; its state is in {home.path}.")
        stack = Stack(home, host=options.host, port=options.port, say=terminal.say)
        with running(stack):
            stack.start()
            note.write(stack.facts())
            terminal.say(f"Ready: {stack.address}")
            terminal.show("Sign in with the link that this prints: bin/manage sign_in_link NAME")
            terminal.show("Ctrl-C stops everything.")
            stack.watch()
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="Starts web, worker, beat and, without REDIS_URL, a Valkey; Ctrl-C stops them.",
        epilog="DATABASE_URL and REDIS_URL lead to servers of your own, SOULCASTER_URL is the "
        "address that people use.",
    )
    add_place(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    return parser.parse_args(arguments)


def add_place(parser: argparse.ArgumentParser) -> None:
    """The options that bin/up and bin/demo share."""
    parser.add_argument("--home", metavar="DIR", help="the state folder (SOULCASTER_HOME, var/)")
    parser.add_argument(
        "--port",
        type=port_number,
        default=ports.PREFERRED,
        help="the preferred port; 0: any; one that is taken: the next free one",
    )


def port_number(text: str) -> int:
    """A port, for argparse."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a port: choose 0 to 65535")
    return number
