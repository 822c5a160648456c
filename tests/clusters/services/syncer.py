"""A worker process that fetches one source, and dies where it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from soulcaster.launch.home import CHECKOUT
from tests.agents.services.elsewhere import database_url

if TYPE_CHECKING:
    from clusters.models import Source


def start(source: Source, *, dies_in_page: int = 0) -> subprocess.Popen[bytes]:
    """The process; with `dies_in_page`, it kills itself when that page is stored half."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.clusters.services.syncer", str(source.pk), str(dies_in_page)],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "SOULCASTER_HOME": str(settings.HOME),
            "SYNCER_GITHUB": settings.GITHUB_URL,
            "SYNCER_KEYS": settings.ENCRYPTION_KEYS,
        },
        stderr=(Path(settings.HOME) / "syncer.log").open("ab"),
    )


def _run(source_id: int, dies_in_page: int) -> None:
    from clusters.services import feedback
    from clusters.services.feedback import IngestResult
    from clusters.services.sources import syncing

    settings.GITHUB_URL = os.environ["SYNCER_GITHUB"]
    settings.GITHUB_API_URL = f"{settings.GITHUB_URL}/api/v3"
    settings.ENCRYPTION_KEYS = os.environ["SYNCER_KEYS"]
    real, pages = feedback.take_in, 0

    def take_in(*arguments: object) -> IngestResult:
        nonlocal pages
        result = real(*arguments)  # type: ignore[arg-type]
        pages += 1
        if pages == dies_in_page:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    feedback.take_in = take_in  # type: ignore[assignment]
    syncing.sync(source_id, "syncer")


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    _run(int(sys.argv[1]), int(sys.argv[2]))
