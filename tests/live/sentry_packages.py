"""Where the SDKs for JavaScript are installed, in the versions of `sentry_js/package-lock.json`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

LOCKED = Path(__file__).parent / "sentry_js"
PROGRAMS = Path(__file__).parent / "sentry_programs"


def node_modules() -> Path:
    """The folder of the packages; skips the test where they are not installed."""
    folder = Path(os.environ.get("SOULCASTER_SENTRY_JS", "")) / "node_modules"
    if not (folder / "@sentry/node").is_dir():
        pytest.skip(
            "Sentry's SDKs for JavaScript are not installed: copy tests/live/sentry_js to a folder, "
            "run `npm ci` there, and set SOULCASTER_SENTRY_JS to it."
        )
    return folder
