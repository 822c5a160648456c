"""Keeps Aider from the settings of a repository. Runs inside of Aider's own process.

Python imports it under the name `sitecustomize`, from a folder on PYTHONPATH, before Aider
begins. Without it `.env`, `.aider.conf.yml` and the two files about models that a repository may
bring along could send the key elsewhere and run commands that see it.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

_SCRIPT = 1  # where sys.orig_argv has the program, after the interpreter


def guard() -> None:
    """Let it read only the files that its command line names."""
    aider: Any = importlib.import_module("aider.main")
    make_parser = aider.get_parser
    # Both are there in the pinned version; one that lacks them must not start.
    aider.generate_search_path_list, aider.load_dotenv_files  # noqa: B018
    aider.get_parser = lambda files, root: make_parser([], root)
    aider.generate_search_path_list = lambda default, root, named: (
        [named] if named and os.path.basename(named) != default else []  # noqa: PTH119
    )
    aider.load_dotenv_files = lambda *args: []


def is_aider() -> bool:
    """Whether this process is the agent: its commands may be Python as well."""
    return os.path.basename("".join(sys.orig_argv[_SCRIPT : _SCRIPT + 1])) == "aider"  # noqa: PTH119


if is_aider():
    try:
        guard()
    except BaseException as error:  # noqa: BLE001 (unguarded it must not run)
        sys.stderr.write(f"Aider cannot be started safely: {error!r}\n")
        sys.stderr.flush()
        os._exit(70)
