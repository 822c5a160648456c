"""Scripts that every agent is put through, over a repository whose `calc.py` is wrong.

`calc.py` holds `def add(a, b):` and `return a - b`. A prompt says `mark(name)` to choose one.
"""

from __future__ import annotations

from tests.stand_ins.model_server.script import FAILURES, Script, Step

_READ = Step("I look.", "read", {"path": "calc.py"})
_TEST = Step(
    "I test it.", "bash", {"command": "python3 -c 'import calc; assert calc.add(2, 2) == 4'"}
)
_WRONG = Step("I swap them.", "edit", {"path": "calc.py", "old": "a - b", "new": "b - a"})
_RIGHT = Step("I add them.", "edit", {"path": "calc.py", "old": "a - b", "new": "a + b"})
_AT_LAST = Step("Now I add them.", "edit", {"path": "calc.py", "old": "b - a", "new": "a + b"})
_BROKEN = Step("I leave this.", "edit", {"path": "calc.py", "old": "a - b", "new": "a + ("})

FIXED = "The sum is right now."
FIX = (_READ, _RIGHT, _TEST, Step(FIXED))
_FIRST = (_READ, _WRONG, Step("I believe that this is right."))

SCENARIOS: dict[str, Script] = {
    "fix": Script([FIX]),
    # The second attempt reads again: agents must not rely on what they remember.
    "two-rounds": Script([_FIRST, (_READ, _AT_LAST, _TEST, Step(FIXED))]),
    "nothing": Script([[Step("All done, the defect is corrected.")]]),
    "syntax-error": Script([(_READ, _BROKEN, Step("This should do."))]),
    "long-command": Script(
        [[Step("I wait.", "bash", {"command": "python3 -c 'import time; time.sleep(300)'"})]]
    ),
    "flaky": Script([FIX], fail="500", times=2),
    # In the middle of the work.
    "cut-once": Script(
        [(_READ, Step(_RIGHT.say, "edit", _RIGHT.args, fail="cut", times=1), _TEST, Step(FIXED))]
    ),
    **{failure: Script([FIX], fail=failure) for failure in FAILURES},
}
