#!/usr/bin/env python
"""Django's command line."""

from __future__ import annotations

import os
import secrets
import sys


def _needs_no_key(command: str) -> bool:
    """Measuring and fitting read what somebody brings: there is nothing to sign."""
    given = "SECRET_KEY" in os.environ or "SECRET_KEY_FILE" in os.environ
    return not given and (command == "score" or command.startswith("fit_"))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "soulcaster.settings")
    if _needs_no_key(sys.argv[1] if len(sys.argv) > 1 else ""):
        os.environ["SECRET_KEY"] = secrets.token_hex(32)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
