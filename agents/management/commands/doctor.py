"""Try everything that jobs need, and say what is missing and how to get it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.services import doctor, runners
from agents.services.findings import Line, State
from credentials.models import Team, User

_MARKS = {State.OK: "ok     ", State.WARNING: "warning", State.PROBLEM: "PROBLEM"}


class Command(BaseCommand):
    help = (
        "Try the installation, every sandbox and every runner. Ends with 1 when the default "
        "runner cannot run."
    )
    requires_system_checks = []  # some ask the database, which may be away

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="For programs.")
        parser.add_argument("--user", default="", help="With the keys of this person.")
        parser.add_argument("--team", default="", help="With the keys of this team (its slug).")

    def handle(self, *args: Any, **options: Any) -> None:
        user, team = _user(options["user"]), _team(options["team"])
        found = {
            part: self._look(part, user, team, quiet=options["json"])
            for part in doctor.parts(operator=True)
        }
        fit = doctor.runs([line for lines in found.values() for line in lines])
        if options["json"]:
            parts = {part.name: [line.as_dict() for line in found[part]] for part in found}
            answer = {"default_runner": runners.default(), "runs": fit, "parts": parts}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            can = "can run" if fit else "cannot run"
            self.stdout.write(f"\nThe default runner {runners.default()} {can}.")
        if not fit:
            raise SystemExit(1)

    def _look(
        self, part: doctor.Part, user: User | None, team: Team | None, *, quiet: bool
    ) -> list[Line]:
        if not quiet:
            self.stdout.write(f"\n{part.title}")
            self.stdout.flush()
        lines = doctor.look(part.name, user, team)
        if not quiet:
            for line in lines:
                self._write(line)
        return lines

    def _write(self, line: Line) -> None:
        style = self.style.SUCCESS if line.state is State.OK else self.style.WARNING
        mark = style(_MARKS[line.state])
        self.stdout.write(f"  {mark}  {line.title} ({line.name}): {line.sentence}")
        if line.remedy:
            self.stdout.write(f"           {line.remedy}")


def _user(name: str) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name}.")
    return user


def _team(slug: str) -> Team | None:
    if not slug:
        return None
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        raise CommandError(f"There is no team {slug}.")
    return team
