"""The command that builds the image of sandboxes at E2B."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from agents.runners.registry import agents


def test_every_program_is_in_it_in_its_pinned_version() -> None:
    out = StringIO()
    call_command("sandbox_template", "show", stdout=out)

    recipes = [agent.install for agent in agents().values() if agent.install]
    assert recipes
    for recipe in recipes:
        assert recipe.package in out.getvalue()
        assert recipe.version in out.getvalue()
        assert f"/opt/soulcaster/bin/{recipe.program} --version" in out.getvalue()


def test_without_the_operators_key_it_is_not_built(settings: Settings) -> None:
    settings.E2B_API_KEY = ""

    with pytest.raises(CommandError, match="E2B_API_KEY"):
        call_command("sandbox_template", "build")
