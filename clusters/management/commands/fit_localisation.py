"""Learn the planner's weights from solved issues, and write them where the planner reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import clusters.planner
from clusters.scoring.base import ScoringError, progress
from clusters.scoring.checkouts import source_files
from clusters.scoring.instances import read_instances, with_checkout
from clusters.scoring.learning import Lesson, fitted, learn, left_out, lesson_of

_SHIPPED = Path(clusters.planner.__file__).parent / "weights.json"


class Command(BaseCommand):
    help = (
        "Learn how much each signal of the planner is worth from issues whose fixes are known, "
        "measure that with one repository left out at a time, and write the weights learnt from "
        "all of them. Only issues whose checkout has every file of the fix are used."
    )
    requires_system_checks: tuple[str, ...] = ()  # no database is needed

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("instances", type=Path, help="As for `score localisation`.")
        parser.add_argument("sources", type=Path, help="As for `score localisation`.")
        parser.add_argument(
            "--out", type=Path, default=_SHIPPED, help="Default: the file that ships."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lessons = _lessons(options["instances"], options["sources"])
        except ScoringError as error:
            raise CommandError(str(error)) from error
        weights = learn(lessons)
        repositories = len({lesson.repository for lesson in lessons})
        self.stdout.write(f"{len(lessons)} instances of {repositories} repositories.")
        self.stdout.write(f"One repository left out: {left_out(lessons)}")
        self.stdout.write(f"All of them, on themselves: {fitted(lessons, weights)}")
        options["out"].write_text(json.dumps(weights, indent=2) + "\n", "utf-8")
        self.stdout.write(f"Wrote {options['out']}.")


def _lessons(path: Path, sources: Path) -> list[Lesson]:
    found = []
    for instance in with_checkout(read_instances(path), sources):
        files = source_files(sources / instance.id)
        if instance.gold and instance.gold <= {file.path for file in files}:
            found.append(lesson_of(instance, files))
            progress(f"{len(found)}: {instance.id}")
    if not found:
        raise ScoringError(f"No checkout in {sources} has the gold files of its instance.")
    return found
