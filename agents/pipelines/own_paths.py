"""Which files the project protects, by patterns as in .gitignore.

Patterns and paths are strangers' together: a pattern with many stars tries every way to share a
long path out, and nothing can end that inside of a process. So a process of its own looks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence

SECONDS = 20.0
_LOOK = """
import json, sys
from pathspec import GitIgnoreSpec
patterns, paths = json.load(sys.stdin)
protected = GitIgnoreSpec.from_lines(patterns)
json.dump([path for path in paths if protected.match_file(path)], sys.stdout)
"""


class NotKnown(Exception):
    """Nobody can say what is protected; the text is a sentence."""


def protected(
    patterns: Sequence[str], paths: Iterable[str], *, seconds: float = SECONDS
) -> frozenset[str]:
    """Those of the paths that a pattern means. Raises NotKnown."""
    if not patterns:
        return frozenset()
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _LOOK],
            input=json.dumps([list(patterns), list(paths)]).encode(),
            capture_output=True,
            timeout=seconds,
            check=True,
            env={},
        )
    except subprocess.TimeoutExpired:
        said = f"The patterns of protected files were not done within {seconds:g} seconds"
        raise NotKnown(f"{said}: write them with fewer stars.") from None
    except subprocess.CalledProcessError:
        said = "The patterns of protected files cannot be read: write them as in .gitignore."
        raise NotKnown(said) from None
    return frozenset(json.loads(done.stdout))
