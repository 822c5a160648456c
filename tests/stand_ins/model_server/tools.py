"""A step in the words of the agent that asks: its tools, or edits in the text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins.model_server.question import FREEFORM, Question
from tests.stand_ins.model_server.script import Step

_TOOLS = {
    "read": ("read", "read_file", "view"),
    "edit": ("edit", "edit_file", "replace", "str_replace"),
    "write": ("write", "write_file", "create_file"),
    "bash": ("bash", "exec_command", "run_shell_command", "shell_command", "shell"),
    "patch": ("apply_patch",),
}
_ARGUMENTS = {
    "path": ("file_path", "filepath", "absolute_path", "path"),
    "old": ("old_string", "oldstring", "old"),
    "new": ("new_string", "newstring", "new"),
    "content": ("content", "contents", "text"),
    "command": ("command", "cmd"),
    "patch": ("patchtext", "input", "patch", FREEFORM),
}
_WANT_ABSOLUTE = {"file_path", "filepath", "absolute_path"}
_NUMBER = re.compile(r"^\s*\d+\s*[:|\t→]\s?")  # how agents number the lines that they show
_REPLACE = "import pathlib, sys; p = pathlib.Path(sys.argv[1]); p.write_text({})"
_EDIT = _REPLACE.format("p.read_text().replace(sys.argv[2], sys.argv[3], 1)")
_WRITE = _REPLACE.format("sys.argv[2]")


@dataclass(frozen=True)
class Reply:
    """What is answered: words, and perhaps the use of a tool."""

    say: str
    tool: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    call_id: str = ""

    @property
    def freeform(self) -> str | None:
        """The whole input of a tool that takes plain text."""
        return self.args.get(FREEFORM)


def as_reply(step: Step, question: Question) -> Reply:
    """The step as the agent's own tool call, with the next best tool where it lacks one."""
    if not step.tool:
        return Reply(step.say)
    call = f"call_{len(question.conversation)}_{question.turns}"
    if step.tool not in _TOOLS:
        return Reply(step.say, step.tool, dict(step.args), call)
    for kind, args in _ways(step, question):
        name = next((each for each in question.tools if each.lower() in _TOOLS[kind]), "")
        if name:
            return Reply(step.say, name, _arguments(question, name, args), call)
    return Reply(f"There is no tool to {step.tool} with.")


def as_text(steps: Iterable[Step], question: Question) -> Reply:
    """A whole round of an agent that has no tools: its words, with edits between them."""
    parts = []
    for step in steps:
        parts.append(step.say)
        if step.tool == "edit":
            old, new = whole_lines(step, question)
            parts.append(_block(step, old, new))
        elif step.tool == "write":
            parts.append(_block(step, "", step.args["content"]))
    return Reply("\n\n".join(parts))


def _block(step: Step, old: str, new: str) -> str:
    before = f"{old.rstrip()}\n" if old else ""
    after = f"{new.rstrip()}\n" if new else ""
    fence = f"<<<<<<< SEARCH\n{before}=======\n{after}>>>>>>> REPLACE"
    return f"{_relative(step)}\n```\n{fence}\n```"


def _ways(step: Step, question: Question) -> list[tuple[str, dict[str, str]]]:
    """Tools that do it, best first; `patch` and `bash` are those that can do nearly all."""
    args = {name: str(value) for name, value in step.args.items()}
    ways = [(step.tool, args)]
    if step.tool == "bash":
        return ways
    path = _relative(step)
    if step.tool == "read":
        ways.append(("bash", {"command": f"cat {shlex.quote(path)}"}))
    elif step.tool == "edit":
        old, new = whole_lines(step, question)
        patch = _patch("Update", path, "@@\n", _lines(old, new))
        ways += _patching(question, patch, _python(_EDIT, path, args["old"], args["new"]))
    elif step.tool == "write":
        patch = _patch("Add", path, "", _lines("", args["content"]))
        ways += _patching(question, patch, _python(_WRITE, path, args["content"]))
    return ways


def _patching(question: Question, patch: str, command: str) -> list[tuple[str, dict[str, str]]]:
    """A patch by its own tool, or in a command where the agent is told that it may be."""
    if "apply_patch" in question.system:
        command = f"apply_patch <<'END'\n{patch}END"
    return [("patch", {"patch": patch}), ("bash", {"command": command})]


def _python(program: str, *args: str) -> str:
    return shlex.join(["python3", "-c", program, *args])


def _patch(what: str, path: str, begin: str, lines: str) -> str:
    return f"*** Begin Patch\n*** {what} File: {path}\n{begin}{lines}*** End Patch\n"


def _lines(old: str, new: str) -> str:
    removed = "".join(f"-{line}\n" for line in old.splitlines())
    return removed + "".join(f"+{line}\n" for line in new.splitlines())


def _relative(step: Step) -> str:
    return str(step.args["path"]).removeprefix("{cwd}/")


def whole_lines(step: Step, question: Question) -> tuple[str, str]:
    """Old and new text with the rest of their lines, as the agent has shown them last."""
    old, new = str(step.args["old"]), str(step.args["new"])
    path = _relative(step)
    shown = [turn.text for turn in reversed(question.conversation) if old in turn.text]
    # A file that is shown by name is what it holds; a prompt may only talk about it.
    shown.sort(key=lambda text: f"\n{path}\n" not in text)
    for text in shown:
        begin = text.rfind("\n", 0, text.index(old)) + 1
        end = text.find("\n", text.index(old) + len(old))
        found = text[begin : end if end >= 0 else len(text)]
        lines = "\n".join(_NUMBER.sub("", line) for line in found.splitlines())
        if old in lines:
            return lines, lines.replace(old, new, 1)
    return old, new


def _arguments(question: Question, tool: str, args: Mapping[str, str]) -> dict[str, Any]:
    offered = question.tools[tool]
    named: dict[str, Any] = {}
    for key, value in args.items():
        name = next((each for each in offered if each.lower() in _ARGUMENTS[key]), key)
        value = value.replace("{cwd}", question.cwd or ".")
        if key == "path" and name.lower() in _WANT_ABSOLUTE and question.cwd and value[:1] != "/":
            value = f"{question.cwd}/{value}"
        named[name] = _as_typed(offered.get(name), value)
    if "command" in args and "description" in offered:
        named["description"] = "run a command"
    if "yield_time_ms" in offered:
        named["yield_time_ms"] = 20_000
    return named


def _as_typed(schema: Any, value: str) -> Any:
    """Some shells want their command as a list of words."""
    is_list = isinstance(schema, dict) and schema.get("type") == "array"
    return ["bash", "-c", value] if is_list else value
