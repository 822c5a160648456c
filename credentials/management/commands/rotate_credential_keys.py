"""Encrypt every stored key with the first key of SOULCASTER_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials.errors import AppError
from credentials.services import rotation


class Command(BaseCommand):
    help = (
        "Encrypt every stored key with the first key of SOULCASTER_KEYS. May be run again at any "
        "time; afterwards the other keys can be removed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = rotation.rotate()
        except AppError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"Encrypted anew: {counts.rotated}. With the first key already: {counts.current}."
        )
