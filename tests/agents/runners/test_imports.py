"""The rooms of plain Python load no Django, and the model library only when work begins."""

from __future__ import annotations

import subprocess
import sys

LOAD = """
import sys
import agents.runners.registry, agents.runners.prompts, soulcaster.demo
print(sorted({name.partition(".")[0] for name in sys.modules} & {"django", "pydantic_ai"}))
"""


def test_runners_load_neither_django_nor_the_model_library() -> None:
    loaded = subprocess.check_output([sys.executable, "-c", LOAD], text=True)
    assert loaded == "[]\n"
