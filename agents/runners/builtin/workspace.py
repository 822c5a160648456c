"""What the built-in agent can do to a repository, through the sandbox only.

Every method answers with text for the model, or raises Refused with text for the model. All of
them can be repeated after a crash without doing their work twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from agents.runners.base import Task
from agents.runners.fences import shorten
from agents.sandboxes.base import CommandResult, Sandbox, SandboxError, SandboxLost

MAX_FILE_BYTES = 512_000
MAX_ANSWER = 24_000  # characters of one answer
MAX_LINES = 400
MAX_LISTED = 500
MAX_HITS = 100
MAX_HIT_WIDTH = 300
MAX_SELECTORS = 50
GIT_TIMEOUT = 60.0  # seconds

_NEVER_COMMITTED = ("**/__pycache__/**", "**/.pytest_cache/**", "**/node_modules/**")
_SYNTAX_CHECKS = {
    ".py": "import ast, sys; ast.parse(open(sys.argv[1], 'rb').read(), sys.argv[2])",
    ".json": "import json, sys; json.load(open(sys.argv[1], 'rb'))",
    ".toml": "import sys, tomllib; tomllib.load(open(sys.argv[1], 'rb'))",
}


class Refused(Exception):
    """The tool did nothing; the text tells the model why and what to do instead."""


class Workspace:
    """The repository inside a sandbox."""

    def __init__(self, sandbox: Sandbox, task: Task, *, test_timeout: float = 300.0) -> None:
        self._sandbox = sandbox
        self._task = task
        self._test_timeout = test_timeout

    def list_files(self, path: str = ".") -> str:
        """Files of the repository below a folder, those that git ignores left out."""
        done = self._git(
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--deduplicate",
            "--",
            _relative(path),
        )
        names = sorted(name for name in done.text.split("\0") if name)
        if not names:
            raise Refused(f"there are no files below {path}")
        left_out = len(names) - MAX_LISTED
        more = [f"[... and {left_out} more: list a folder]"] if left_out > 0 else []
        return "\n".join([*names[:MAX_LISTED], *more])

    def search(self, text: str) -> str:
        """Lines that contain a text, as path:line:content."""
        if not text.strip() or "\n" in text:
            raise Refused("search for one line of text")
        done = self._git(
            "grep",
            "-n",
            "-I",
            "--no-color",
            "--fixed-strings",
            "--ignore-case",
            "--untracked",
            "-e",
            text,
            may_fail=True,
        )
        hits = [line[:MAX_HIT_WIDTH] for line in done.text.splitlines()]
        if done.exit_code != 0 or not hits:
            return "nothing found"
        left_out = len(hits) - MAX_HITS
        more = [f"[... and {left_out} more: search for something narrower]"] if left_out > 0 else []
        return "\n".join([*hits[:MAX_HITS], *more])

    def read_file(self, path: str, start_line: int = 1, end_line: int = MAX_LINES) -> str:
        """Numbered lines of a text file, both ends included."""
        lines = self._text(path).splitlines()
        first = max(1, start_line)
        last = min(len(lines), max(first, end_line), first + MAX_LINES - 1)
        shown = [f"{number:>5}  {lines[number - 1]}" for number in range(first, last + 1)]
        if not shown:
            return f"{path} has {len(lines)} lines"
        return "\n".join([*shown, f"[{path}: lines {first} to {last} of {len(lines)}]"])

    def write_file(self, path: str, content: str) -> str:
        """Create a file, or replace all of it."""
        name = _writable(path)
        data = content.encode()
        if len(data) > MAX_FILE_BYTES:
            raise Refused(f"{len(data)} bytes are too many; {MAX_FILE_BYTES} is the limit")
        self._sandbox.write(self._absolute(name), data, mode=self._mode(name))
        return f"wrote {name}, {len(content.splitlines())} lines"

    def edit_file(self, path: str, old: str, new: str) -> str:
        """Replace a text that stands exactly once in a file."""
        name = _writable(path)
        if not old or old == new:
            raise Refused("give the text to replace, and another one to put there")
        text = self._text(name)
        # An old text that is only there as a part of the new one is no old text any more.
        rest = text.replace(new, "") if old in new else text
        if new and new in text and old not in rest:
            # Also what a repetition after a crash finds.
            return f"the new text stands in {name} already and the old one does not; nothing to do"
        found = text.count(old)
        if found != 1:
            raise Refused(
                f"the old text stands {found} times in {name}, not once; "
                "read the file again and quote it exactly, with enough lines around it"
            )
        changed = text.replace(old, new).encode()
        self._sandbox.write(self._absolute(name), changed, mode=self._mode(name))
        was, now = len(old.splitlines()), len(new.splitlines())
        return f"{name}: {was} lines became {now}"

    def check_syntax(self, path: str) -> str:
        """Parse a file of a known kind without running it."""
        name = _relative(path)
        check = _SYNTAX_CHECKS.get(PurePosixPath(name).suffix)
        if check is None:
            return f"{name}: not checked, there is no checker for this kind of file"
        self._text(name)
        done = self._sandbox.run(
            ["python3", "-I", "-B", "-c", check, self._absolute(name), name], timeout=30.0
        )
        if done.ok:
            return f"{name}: the syntax is right"
        raise Refused(f"{name}: {shorten(done.text, 2_000)}")

    def run_tests(self, args: Sequence[str] = ()) -> str:
        """Run the project's test command, optionally on some files or tests only."""
        if not self._task.test_command:
            return "no test command is known for this project: nothing was run"
        selectors = [_selector(arg) for arg in args]
        if len(selectors) > MAX_SELECTORS:
            raise Refused(f"select at most {MAX_SELECTORS} files or tests")
        done = self._sandbox.run(
            [*self._task.test_command, *selectors],
            cwd=self._sandbox.repository,
            env={"PYTHONDONTWRITEBYTECODE": "1", **self._task.test_env},
            timeout=self._test_timeout,
        )
        return f"{_how_it_ended(done, self._test_timeout)}\n{done.text.strip()}"

    def commit(self, message: str) -> str:
        """Commit everything that changed since the last commit."""
        if not message.strip() or len(message) > 2_000:
            raise Refused("give a message of one sentence")
        excluded = [f":(exclude,glob){pattern}" for pattern in _NEVER_COMMITTED]
        self._git("add", "--all", "--", ".", *excluded, literal=False)
        if self._git("diff", "--cached", "--quiet", may_fail=True).exit_code == 0:
            return f"there is nothing to commit; the newest commit is {self._newest()}"
        # Of all hooks, the one of the checkout that names the agent in the message.
        hooks = ("-c", f"core.hooksPath={self._sandbox.repository}/.git/hooks")
        words = ("commit", "--quiet", "--no-verify", f"--message={message.strip()}")
        self._git(*self._identity(), *hooks, *words)
        return f"committed {self._newest()}"

    def _newest(self) -> str:
        return self._git("log", "-1", "--format=%h %s").text.strip()

    def _identity(self) -> tuple[str, ...]:
        """Git options that sign commits when the repository names nobody."""
        if self._git("config", "--get", "user.email", may_fail=True).exit_code == 0:
            return ()
        return ("-c", "user.name=Soulcaster", "-c", "user.email=agent@soulcaster.invalid")

    def _git(self, *arguments: str, may_fail: bool = False, literal: bool = True) -> CommandResult:
        """Run git in the repository, hooks off; paths mean themselves unless `literal` is off."""
        paths = ["--literal-pathspecs"] if literal else []
        settings = ["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false"]
        done = self._sandbox.run(
            ["git", *paths, *settings, *arguments],
            cwd=self._sandbox.repository,
            env={"GIT_TERMINAL_PROMPT": "0"},
            timeout=GIT_TIMEOUT,
        )
        if not done.ok and not may_fail:
            raise Refused(f"git: {shorten(done.text.strip(), 1_000)}")
        return done

    def _text(self, path: str) -> str:
        name = _relative(path)
        try:
            data = self._sandbox.read(self._absolute(name), limit=MAX_FILE_BYTES)
        except SandboxLost:
            raise
        except (SandboxError, OSError) as error:
            raise Refused(f"{name} cannot be read: {error}") from error
        if b"\0" in data:
            raise Refused(f"{name} is not a text file")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise Refused(f"{name} is not a UTF-8 text file") from error

    def _mode(self, name: str) -> int:
        """Keep a script executable."""
        executable = self._sandbox.run(["test", "-x", self._absolute(name)], timeout=30.0).ok
        return 0o755 if executable else 0o644

    def _absolute(self, name: str) -> str:
        return f"{self._sandbox.repository}/{name}"


def _relative(path: str) -> str:
    """A path inside the repository, made plain; anything else is refused."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\0" in path or len(path) > 1_000:
        raise Refused("give a path relative to the repository, without '..'")
    if any(part.lower() == ".git" for part in pure.parts):
        raise Refused("the folder .git belongs to git; use the commit tool")
    return str(pure)


def _writable(path: str) -> str:
    name = _relative(path)
    if name == ".":
        raise Refused("give the path of a file")
    return name


def _selector(arg: str) -> str:
    if not arg.strip() or arg.startswith("-") or "\0" in arg or len(arg) > 500:
        raise Refused("give files or test ids only, no options")
    return arg


def _how_it_ended(done: CommandResult, limit: float) -> str:
    if done.reason == "timeout":
        return f"the tests did not end within {limit:.0f} seconds"
    if done.exit_code is None:
        return f"the tests did not end by themselves ({done.reason})"
    return f"the test command ended with exit code {done.exit_code} after {done.seconds:.1f} s"
