"""Measure the product's own judgement on data that somebody brings."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clusters.scoring.base import Scorer, ScoringError

_NAMES = ("localisation", "grouping", "duplicates", "screening")


class Command(BaseCommand):
    help = (
        "Measure how well plans name files, reports are grouped, duplicates are found and attacks "
        "are flagged, with the code and the settings that ship."
    )
    requires_system_checks: tuple[str, ...] = ()  # no database is needed

    def add_arguments(self, parser: CommandParser) -> None:
        names = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        for name in _NAMES:
            if find_spec(f"clusters.scoring.{name}"):
                scorer = _scorer(name)
                described = " ".join((scorer.__doc__ or "").split())
                scorer.add_arguments(names.add_parser(name, help=described, description=described))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _scorer(options["what"]).run(options, self.stdout.write)
        except ScoringError as error:
            raise CommandError(str(error)) from error


def _scorer(name: str) -> Scorer:
    """The module of one measure. It imports what is heavy only when it runs."""
    return cast("Scorer", import_module(f"clusters.scoring.{name}"))
