"""Stand between a worker and one command in a local sandbox, and outlive the worker.

    python -I -S <this folder> RUN_DIR < spec.json        (with an empty environment)
    python -I -S <this folder> --serve DESCRIPTOR         (starts them by fork: see `forkserver`)

The spec holds secrets, so it travels on stdin and never touches the disk, an argument list or an
environment. Standard library only: `-S` hides every installed package, and the interpreter's own
files may be out of sight once the command is locked down, so everything is imported up front.
"""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:
    # Run as a folder: name it as the package it is, so that relative imports work.
    _folder = Path(__file__).resolve().parent
    sys.path[0] = str(_folder.parent)
    __package__ = _folder.name

from .detach import main
from .forkserver import serve

sys.exit(serve(int(sys.argv[2])) if sys.argv[1] == "--serve" else main(sys.argv[1]))
