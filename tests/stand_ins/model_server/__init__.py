"""A model provider on this machine that follows scripts, for every agent there is.

It speaks Anthropic Messages, OpenAI chat completions and OpenAI Responses, streamed or not. A
script is a list of `Step`s, a list of rounds of them, or a `Script`; several have names, and a
prompt chooses with `mark(name)`, or the model's name ends with that of the script. The position
comes from the conversation, never from a counter, so that one server serves tests in parallel.
Tools and their arguments get the names that the agent offers; agents without tools get edits in
their text. Titles, summaries, lists of models and counts of tokens are answered on the side.

As a program: python -m tests.stand_ins.model_server --port 0 --script steps.json
"""

from __future__ import annotations

from tests.stand_ins.model_server.log import Entry
from tests.stand_ins.model_server.position import mark
from tests.stand_ins.model_server.question import Question
from tests.stand_ins.model_server.scenarios import FIXED, SCENARIOS
from tests.stand_ins.model_server.script import FAILURES, BadScript, Script, Step, load_scripts
from tests.stand_ins.model_server.server import BAD_KEY, ModelServer, model_server
from tests.stand_ins.model_server.tokens import Tokens

__all__ = [
    "BAD_KEY",
    "FAILURES",
    "FIXED",
    "SCENARIOS",
    "BadScript",
    "Entry",
    "ModelServer",
    "Question",
    "Script",
    "Step",
    "Tokens",
    "load_scripts",
    "mark",
    "model_server",
]
