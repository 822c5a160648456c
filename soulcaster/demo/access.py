"""What the demo does with the operator's rights, in one process with Django.

`python -m soulcaster.demo.access JSON` migrates the database, makes the demo's user, an API token
that lasts a day, a one-time sign-in link and the project, and prints them as JSON; or only
`refused` with a sentence.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import django

USER = "demo"


def main(wish: dict[str, Any]) -> dict[str, Any]:
    """`wish`: name, repository and settings of the project."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    # Whoever can start this command can read the repository: no need to open it to everybody.
    settings.LOCAL_REPOSITORIES = [Path(wish["repository"])]
    from credentials.errors import AppError

    try:
        return grant(wish)
    except AppError as error:
        return {"refused": error.message}


def grant(wish: dict[str, Any]) -> dict[str, Any]:
    """The token, the path of the sign-in link and the project's id."""
    from clusters.services import projects
    from credentials.models import Scope, User
    from credentials.services import sign_in, teams, tokens

    user, created = User.objects.get_or_create(username=USER)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    team = teams.personal_team(user)
    _, token = tokens.create(user, "bin/demo", scope=Scope.WRITE, days=1)
    project = projects.create_project(
        user,
        team,
        name=_free_name(team.pk, wish["name"]),
        repository=wish["repository"],
        **wish["settings"],
    )
    return {"token": token, "sign_in": sign_in.create_link(user), "project": project.pk}


def _free_name(team: int, name: str) -> str:
    """The name, with a number when the demo ran here before."""
    from clusters.models import Project

    taken = set(Project.objects.filter(team=team).values_list("name", flat=True))
    if name not in taken:
        return name
    return next(new for n in range(2, len(taken) + 3) if (new := f"{name} {n}") not in taken)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
