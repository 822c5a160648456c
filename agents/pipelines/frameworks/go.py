"""Go, by the JSON lines that `go test -json` prints; an id is `folder/of/package::TestName`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks.collecting import collected, message, seconds
from agents.sandboxes.base import Sandbox

_OUTCOMES = {"pass": "passed", "fail": "failed", "skip": "skipped"}
_MAX_OUTPUT = 4_000


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    action: str = Field(alias="Action")
    package: str = Field("", alias="Package")
    test: str = Field("", alias="Test")
    output: str = Field("", alias="Output")
    elapsed: float | int = Field(0, alias="Elapsed")


class Go:
    """`go test`. Its report is what it prints, so what tests print can look like a result."""

    suffix = ".jsonl"
    media_type = "application/jsonl"
    reports = False
    no_tests: Sequence[str] = ("no packages to test",)

    def argv(self, command: Sequence[str], report: str, place: str, sandbox: Sandbox) -> list[str]:
        """See Framework. Results of earlier runs are not taken from the cache."""
        return [*command[:2], "-json", "-count=1", *command[2:]]

    def selected(self, argv: Sequence[str], files: Sequence[str]) -> list[str]:
        """See Framework. Go runs packages, which are folders."""
        folders = {f"./{PurePosixPath(file).parent}" for file in files}
        return [*(word for word in argv if word != "./..."), *sorted(folders)]

    def takes(self, path: str) -> bool:
        """Files that Go takes for tests."""
        return path.endswith("_test.go")

    def environment(self, sandbox: Sandbox) -> Mapping[str, str]:
        """Nothing is fetched while tests run."""
        return {"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOCACHE": f"{sandbox.root}/checks/.go"}

    def read(self, data: bytes, place: str, module: str = "") -> list[TestCase]:
        """See Framework. Lines of other programs are passed over."""
        return collected(_tests(list(_events(data)), module))


def _events(data: bytes) -> Iterator[_Event]:
    for line in data.splitlines():
        if line.startswith(b'{"'):
            try:
                yield _Event.model_validate_json(line)
            except ValidationError:
                continue


def _tests(events: Sequence[_Event], module: str) -> Iterator[TestCase]:
    said: dict[tuple[str, str], str] = {}
    for event in events:
        key = event.package, event.test
        if event.action == "output":
            said[key] = (said.get(key, "") + event.output)[-_MAX_OUTPUT:]
        elif event.action in _OUTCOMES and (event.test or _is_broken(event, events)):
            yield _case(event, module, said.get(key, ""))


def _is_broken(event: _Event, events: Sequence[_Event]) -> bool:
    """Whether a package failed without a test: it could not be built."""
    if event.action != "fail":
        return False
    return not any(other.test and other.package == event.package for other in events)


def _case(event: _Event, module: str, said: str) -> TestCase:
    folder = "." if event.package == module else event.package.removeprefix(f"{module}/")
    identity = f"{folder}::{event.test}" if event.test else folder
    outcome = _OUTCOMES[event.action] if event.test else "error"
    words = message("", said) if event.action == "fail" else ""
    return TestCase(identity, outcome, seconds(event.elapsed), words)
