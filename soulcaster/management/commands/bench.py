"""Measure the product against the plain alternative, on this machine."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any, Protocol, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from soulcaster.bench import report
from soulcaster.bench.report import Figure, Options
from soulcaster.launch.stack import Stopped, signals_stop

NAMES = ("jobs", "logs", "lists", "paint", "viewers", "grouping", "ingest")


class Benchmark(Protocol):
    """What a module of `soulcaster.bench` offers."""

    def run(self, options: Options) -> list[Figure]: ...


class Command(BaseCommand):
    help = (
        "Measure the product against the plain alternative in one run. Works on databases and "
        "folders of its own. A slow machine is no failure: read the table."
    )
    requires_system_checks = []  # it looks at no data of the operator's

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", choices=NAMES, metavar="|".join(NAMES))
        parser.add_argument("--json", action="store_true", help="For programs.")
        parser.add_argument("--quick", action="store_true", help="Small: only shows that it works.")
        parser.add_argument("--rounds", type=_positive, help="How often both sides take turns.")
        parser.add_argument("--rows", type=_positive, help="Rows of each list (lists, paint).")
        parser.add_argument("--lines", type=_positive, help="Lines of output (logs).")
        parser.add_argument("--viewers", type=_positive, help="Idle viewers (viewers).")
        parser.add_argument("--seconds", type=_positive, help="How long errors come (ingest).")
        parser.add_argument("--rate", type=_positive, help="Errors a second (ingest).")

    def handle(self, *args: Any, **options: Any) -> None:
        given = {
            name: options[name]
            for name in ("rounds", "rows", "lines", "viewers", "seconds", "rate")
            if options[name] is not None
        }
        wanted = Options(say=self._say, quick=options["quick"], **given)
        facts, found = report.machine(), {}
        for name in options["names"]:
            module = cast("Benchmark", import_module(f"soulcaster.bench.{name}"))
            found[name] = _measured(module, wanted)
            if not options["json"]:
                self.stdout.write(f"\n{name}\n\n{report.table(found[name])}")
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(facts, found), indent=2))
        else:
            self.stdout.write(f"\n{report.sentence(facts)}")

    def _say(self, text: str) -> None:
        """Progress goes beside the figures, so that these can be piped on."""
        self.stderr.write(self.style.NOTICE(text) if self.stderr.isatty() else text)


def _measured(module: Benchmark, options: Options) -> list[Figure]:
    """Also when it is stopped, databases and processes of its own go."""
    try:
        with signals_stop():
            return module.run(options)
    except Stopped as stopped:
        raise CommandError("Stopped. What was started and made for it is gone.") from stopped


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
