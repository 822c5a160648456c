"""Install the programs of coding agents, and list what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.runners import programs
from agents.runners.install import Install
from agents.runners.registry import agents
from agents.services import installing


class Command(BaseCommand):
    help = "Install the programs of coding agents in their pinned versions, or list them."
    requires_system_checks = []  # no database is needed

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("list", help="Which agents there are, and what is installed.")
        install = actions.add_parser("install", help="Install agents' programs.")
        install.add_argument("names", nargs="*", metavar="NAME", help="Such as kilo or claude.")
        install.add_argument("--all", action="store_true", help="All of them.")
        install.add_argument("--force", action="store_true", help="Again, if it is there already.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "list":
            self._list()
        else:
            self._install(_chosen(options["names"], every=options["all"]), force=options["force"])

    def _list(self) -> None:
        for name, agent in sorted(agents().items()):
            if agent.install is None:
                said = "needs no program"
            else:
                found = programs.find(agent.install, settings.AGENT_PROGRAMS)
                wanted = f"{agent.install.program} {agent.install.version}"
                missing = f"not installed: bin/manage runner install {name}"
                said = f"{wanted}  {found or missing}"
            self.stdout.write(f"{name:<10} {agent.title:<20} {said}")

    def _install(self, recipes: dict[str, Install], *, force: bool) -> None:
        failed = [name for name in recipes if not self._one(name, recipes[name], force=force)]
        if failed:
            raise CommandError(f"Not installed: {', '.join(failed)}.")

    def _one(self, name: str, recipe: Install, *, force: bool) -> bool:
        own = recipe.path(settings.AGENT_PROGRAMS)
        if own.exists() and not force:
            self.stdout.write(f"{name}: {recipe.version} is installed already: {own}")
            return True
        self.stdout.write(f"{name}: installing {recipe.package} {recipe.version} ...")
        try:
            path = installing.install(
                recipe, settings.AGENT_PROGRAMS, lambda line: self.stdout.write(f"  {line}")
            )
        except (installing.InstallFailed, OSError) as error:
            self.stderr.write(self.style.ERROR(f"{name}: {error}"))
            return False
        self.stdout.write(self.style.SUCCESS(f"{name}: {recipe.version} is installed: {path}"))
        return True


def _chosen(names: Sequence[str], *, every: bool) -> dict[str, Install]:
    known = {name: agent.install for name, agent in agents().items() if agent.install}
    if every and not names:
        return known
    if every or not names:
        raise CommandError(f"Name agents, or --all: {', '.join(known)}.")
    if unknown := [name for name in names if name not in known]:
        raise CommandError(f"No program of {', '.join(unknown)}. Known: {', '.join(known)}.")
    return {name: known[name] for name in names}
