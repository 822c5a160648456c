"""`bin/demo`: from reports to a draft pull request, with progress in the terminal."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from soulcaster.demo import inputs
from soulcaster.demo.flow import Ending, Flow
from soulcaster.demo.inputs import BadInput, Inputs
from soulcaster.demo.product import HttpProduct, ProductError
from soulcaster.launch.home import AlreadyRunning, Home
from soulcaster.launch.manage import beside
from soulcaster.launch.processes import Command, Hopeless, run
from soulcaster.launch.stack import READY_SECONDS, Stack, running
from soulcaster.launch.terminal import Terminal
from soulcaster.launch.up import add_place

FAILED, MISUSED = 1, 2  # exit codes; the others are those of `agents.outcomes`


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run the demo with processes of its own, or with those that this home runs already."""
    options = parse(arguments)
    home = Home.chosen(options.home)
    home.prepare()
    try:
        wish = chosen_inputs(options, home)
    except BadInput as error:
        terminal.complain(str(error))
        return MISUSED
    try:
        with home.held() as note:
            return with_own_processes(options, home, wish, terminal, note.write)
    except AlreadyRunning as other:
        if options.transcript:
            raise
        terminal.say(f"Using what runs already {'at ' + other.address if other.address else ''}")
        return with_running_processes(home, wish, terminal)


def with_own_processes(
    options: argparse.Namespace,
    home: Home,
    wish: Inputs,
    terminal: Terminal,
    tell: Callable[[dict[str, Any]], None],
) -> int:
    """Start everything, walk the path, then stay or stop."""
    terminal.say(f"Starting web, worker, beat and broker; their state is in {home.path}.")
    extra = {"SOULCASTER_TRANSCRIPT": str(options.transcript)} if options.transcript else {}
    stack = Stack(home, port=options.port, extra=extra, say=terminal.say)
    with running(stack):
        access = granted(stack.start(access_command(wish)))
        facts = stack.facts()
        tell(facts)
        terminal.say(f"Ready: {stack.address}")
        status = walk(home, facts, access, wish, terminal, stack.wait)
        if not options.exit:
            terminal.show("The dashboard stays up; Ctrl-C stops everything.")
            stack.watch()
    return status


def with_running_processes(home: Home, wish: Inputs, terminal: Terminal) -> int:
    """Walk the path in the product that another command started."""
    facts = await_facts(home)
    access = granted(
        run(
            Command(
                name="demo",
                argv=[sys.executable, *access_command(wish)],
                environment=beside(home),
                log=home.logs / "demo.log",
            )
        )
    )
    return walk(home, facts, access, wish, terminal, time.sleep)


def await_facts(home: Home) -> dict[str, Any]:
    """What the other launcher says once it is ready; raises Hopeless."""
    deadline = time.monotonic() + READY_SECONDS
    while not (facts := home.facts()):
        if time.monotonic() > deadline:
            raise Hopeless(f"What runs with {home.path} is not ready: stop it and try again.")
        time.sleep(0.1)
    return facts


def access_command(wish: Inputs) -> tuple[str, ...]:
    """Python's command line for `soulcaster.demo.access`."""
    project = {
        "name": wish.name,
        "repository": str(wish.repository),
        "settings": dict(wish.settings),
    }
    return ("-m", "soulcaster.demo.access", json.dumps(project))


def granted(output: str) -> dict[str, Any]:
    """What `soulcaster.demo.access` printed; raises Hopeless with its refusal."""
    access: dict[str, Any] = json.loads(output)
    if "refused" in access:
        raise Hopeless(access["refused"])
    return access


def walk(
    home: Home,
    facts: dict[str, Any],
    access: dict[str, Any],
    wish: Inputs,
    terminal: Terminal,
    wait: Callable[[float], None],
) -> int:
    """From the reports to the end, told in the terminal; the exit code."""
    product = HttpProduct(facts["local"], facts["address"], access["token"])
    terminal.show(f"Sign in once with {facts['address']}{access['sign_in']}")
    try:
        ending = Flow(product, terminal.say, wait).run(access["project"], wish)
    except ProductError as error:
        terminal.complain(str(error))
        return FAILED
    tell_ending(home, facts["address"], access["project"], wish, ending, terminal)
    return ending.exit_code


def tell_ending(
    home: Home, address: str, project: int, wish: Inputs, ending: Ending, terminal: Terminal
) -> None:
    """The outcome, the pull request and, for the user's own repository, how to fetch it."""
    terminal.say(f"Outcome {ending.outcome}: {ending.sentence}")
    terminal.show(f"Job:          {address}/jobs/{ending.job}/")
    pull = ending.pull_request
    if pull is None:
        return
    terminal.show(f"Pull request: {address}/pulls/{pull['id']}/")
    if pull["state"] == "open":
        repository = home.forge / str(project) / "repository.git"
        terminal.show(f"Fetch it:     {fetch_line(wish.repository, repository, pull['branch'])}")


def fetch_line(target: Path, repository: Path, branch: str) -> str:
    """The command that brings the branch into the user's own repository."""
    return shlex.join(["git", "-C", str(target), "fetch", str(repository), f"{branch}:{branch}"])


def chosen_inputs(options: argparse.Namespace, home: Home) -> Inputs:
    """By the command line; raises BadInput."""
    folder = Path(os.environ.get("SOULCASTER_CALLED_FROM", "."))
    if options.transcript:
        options.transcript = (folder / options.transcript).resolve()
        if not options.transcript.is_file():
            raise BadInput(f"There is no transcript {options.transcript}: check the path.")
    settings: dict[str, Any] = {"runner": runner_name(options)}
    if options.test_command:
        settings["test_command"] = options.test_command
    if options.test_limit:
        settings["test_limit_seconds"] = options.test_limit
    if not options.repo:
        if options.report:
            raise BadInput("--report needs --repo: name the git repository that it is about.")
        settings |= {"allow_unisolated": True, "setup_network": "none"}
        return inputs.sample(home.path / "demo", settings)
    if options.report is None:
        raise BadInput("--repo needs --report: a file of reports, or what goes wrong in words.")
    settings |= {
        "setup_network": "open" if options.setup_network else "none",
        "allow_unisolated": options.allow_unisolated,
    }
    return inputs.own(options.repo, options.report, folder, settings)


def runner_name(options: argparse.Namespace) -> str:
    """The runner asked for; else the built-in agent, or the recorded one where that is meant."""
    if options.runner:
        return str(options.runner)
    recorded = options.transcript or not (options.repo or os.environ.get("SOULCASTER_MODEL"))
    return "local_scripted" if recorded else "local_builtin"


def seconds(text: str) -> int:
    """A whole number above 0; raises ValueError."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description="Turns reports into a draft pull request: those of a small shop's till, or "
        "yours with --repo and --report. Nothing in your working copy is touched.",
        epilog="With --exit the exit code is 0 for a proven fix, 2 for arguments that cannot be "
        "used, 3 for an unproven fix, 4 without tests, 5 without changes, 6 without a model, 7 when "
        "the guard kept the change back, 8 when it was cancelled and 1 for anything else.",
    )
    add_place(parser)
    parser.add_argument("--exit", action="store_true", help="stop everything at the end")
    parser.add_argument("--repo", type=Path, metavar="PATH", help="your own git repository")
    parser.add_argument(
        "--report", metavar="FILE_OR_TEXT", help=".csv or .jsonl with reports, a text file, or text"
    )
    parser.add_argument("--runner", metavar="NAME", help="for example local_claude")
    parser.add_argument(
        "--transcript", type=Path, metavar="FILE", help="what the recorded agent replays"
    )
    parser.add_argument("--test-command", metavar="LINE", help="how your tests are run")
    parser.add_argument(
        "--test-limit",
        type=seconds,
        metavar="SECONDS",
        help="how long your tests may take each time; 600 if you say nothing",
    )
    parser.add_argument(
        *("--setup-network", "--network"),
        action=argparse.BooleanOptionalAction,
        default=False,
        help="let the installation of your project's dependencies use the network",
    )
    parser.add_argument(
        "--allow-unisolated",
        action="store_true",
        help="also run your code where this machine cannot isolate it",
    )
    return parser.parse_args(arguments)
