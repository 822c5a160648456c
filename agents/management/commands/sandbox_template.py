"""Build the image that sandboxes at E2B are made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.runners.registry import agents
from agents.sandboxes.base import SandboxError
from agents.sandboxes.e2b import Account, template
from agents.sandboxes.e2b.template import Program

_FOLDER = Path("/opt/soulcaster/agents")


class Command(BaseCommand):
    help = (
        "Build the template that sandboxes at E2B are made from, with the programs of all agents "
        "in their pinned versions. Build it again after each upgrade of Soulcaster."
    )
    requires_system_checks: tuple[str, ...] = ()  # no database is needed

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("show", help="Print it as a Dockerfile.")
        build = actions.add_parser("build", help="Build it with the operator's key.")
        build.add_argument("--name", default=settings.E2B_TEMPLATE, help="Default: E2B_TEMPLATE.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "show":
            self.stdout.write(template.dockerfile(_programs()))
            return
        if not settings.E2B_API_KEY:
            raise CommandError("Set E2B_API_KEY to the key of the account that it is built in.")
        account = Account(
            settings.E2B_API_KEY,
            options["name"],
            api_url=settings.E2B_API_URL,
            sandbox_url=settings.E2B_SANDBOX_URL,
            domain=settings.E2B_DOMAIN,
        )
        try:
            built = template.build(account, _programs(), self.stdout.write)
        except SandboxError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Built {options['name']} ({built})."))


def _programs() -> list[Program]:
    """Every agent's program, installed as anywhere else."""
    recipes = [agent.install for _, agent in sorted(agents().items()) if agent.install]
    return [
        Program(
            recipe.program,
            recipe.commands(str(_FOLDER / recipe.folder)),
            str(recipe.path(_FOLDER)),
        )
        for recipe in recipes
    ]
