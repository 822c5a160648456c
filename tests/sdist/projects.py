"""Three public projects with one planted defect each, and what corrects it.

The corrected text is the projects' own; the words of the users are ours.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bin.repositories import commit_all
from tests.sdist.sources import unpack
from tests.stand_ins.model_server import Step


@dataclass(frozen=True)
class Planted:
    """A project with a defect.

    `right` and `wrong` are a place of the file `path`. `test` is a new file that shows the
    defect, `test_names` are the tests in it. `test_command` is for projects whose whole test
    suite takes long.
    """

    name: str
    version: str
    sha256: str
    path: str
    right: str
    wrong: str
    report: str
    test: str
    test_content: str
    test_names: Sequence[str]
    test_command: str = ""

    def check_out(self, target: Path) -> Path:
        """The project's repository with the defect, as a user would have it."""
        unpack(self.name, self.version, self.sha256, target)
        defective = target / self.path
        text = defective.read_text(encoding="utf-8")
        assert text.count(self.right) == 1
        defective.write_text(text.replace(self.right, self.wrong), encoding="utf-8")
        commit_all(target, f"{self.name} {self.version}")
        return target

    @property
    def test_ids(self) -> set[str]:
        return {f"{self.test}::{name}" for name in self.test_names}

    def transcript(self) -> dict[str, Any]:
        """What the recorded agent says and does."""
        turns = [
            _turn("I read where the reports lead.", "read_file", path=self.path),
            _turn(
                "First a test that shows what was reported.",
                "write_file",
                path=self.test,
                content=self.test_content,
            ),
            _turn("It should fail now.", "run_tests", args=[self.test]),
            _turn("It does; I keep it.", "commit", message="Show the defect with a test"),
            _turn(
                "Now the correction.", "edit_file", path=self.path, old=self.wrong, new=self.right
            ),
            _turn("It should pass now.", "run_tests", args=[self.test]),
            _turn("I commit.", "commit", message="Correct what was reported"),
            {"say": "The defect is corrected and a test shows it."},
        ]
        return {"title": f"A defect of {self.name}", "rounds": [turns]}

    def write_transcript(self, target: Path) -> Path:
        target.write_text(json.dumps(self.transcript()), encoding="utf-8")
        return target

    def script(self) -> list[Step]:
        """The same for a command line agent."""
        defective, test = f"{{cwd}}/{self.path}", f"{{cwd}}/{self.test}"
        run_test = f"python3 -m pytest -q {self.test}"
        return [
            Step("I read where the reports lead.", "read", {"path": defective}),
            Step("First a test.", "write", {"path": test, "content": self.test_content}),
            Step("It should fail now.", "bash", {"command": run_test}),
            Step("I keep it.", "bash", {"command": _commit("Show the defect with a test")}),
            Step("Now the correction.", "edit", _edit(defective, self.wrong, self.right)),
            Step("It should pass now.", "bash", {"command": run_test}),
            Step("I commit.", "bash", {"command": _commit("Correct what was reported")}),
            Step("The defect is corrected and a test shows it."),
        ]


def _turn(say: str, tool: str, **args: object) -> dict[str, Any]:
    return {"say": say, "calls": [{"tool": tool, "args": args}]}


def _edit(path: str, old: str, new: str) -> dict[str, str]:
    return {"path": path, "old": old, "new": new}


def _commit(message: str) -> str:
    return f"git add --all && git commit --quiet --message='{message}'"


ITSDANGEROUS = Planted(
    name="itsdangerous",
    version="2.2.0",
    sha256="e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
    path="src/itsdangerous/timed.py",
    right="            if age > max_age:\n",
    wrong="            if age >= max_age:\n",
    report="Links to set a new password stop working one second too early\n\n"
    "We sign the links and let them live for an hour. Opened after exactly 3600 seconds they are "
    "refused, and the log says 'SignatureExpired: Signature age 3600 > 3600 seconds', which is "
    "not even true.\n",
    test="tests/test_itsdangerous/test_exact_age.py",
    test_content='''"""A signature is valid until it is older than its greatest age."""

import pytest

from itsdangerous.exc import SignatureExpired
from itsdangerous.timed import TimestampSigner


def unsigned_after(seconds, monkeypatch):
    signer = TimestampSigner("secret-key")
    monkeypatch.setattr(signer, "get_timestamp", lambda: 1000)
    signed = signer.sign("value")
    monkeypatch.setattr(signer, "get_timestamp", lambda: 1000 + seconds)
    return signer.unsign(signed, max_age=10)


def test_valid_at_its_greatest_age(monkeypatch):
    assert unsigned_after(10, monkeypatch) == b"value"


def test_expired_one_second_later(monkeypatch):
    with pytest.raises(SignatureExpired):
        unsigned_after(11, monkeypatch)
''',
    test_names=["test_valid_at_its_greatest_age"],
)

CLICK = Planted(
    name="click",
    version="8.5.1",
    sha256="9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4",
    path="src/click/types.py",
    right="                return self._clamp(max, -1, self.max_open)\n",
    wrong="                return self._clamp(max, 1, self.max_open)\n",
    report="A number that is too large becomes larger still\n\n"
    "Our tool takes --workers as IntRange(max=5, max_open=True, clamp=True), so 4 is the most it "
    "may be. With --workers 9 I expect 4 and get 6.\n",
    test="tests/test_types/test_clamp_to_open_end.py",
    test_content='''"""A value is clamped into its range, also when the end does not belong to it."""

import click


def test_too_large_becomes_the_largest():
    kind = click.IntRange(max=5, max_open=True, clamp=True)
    assert kind.convert("9", None, None) == 4


def test_too_small_becomes_the_smallest():
    kind = click.IntRange(min=0, min_open=True, clamp=True)
    assert kind.convert("-3", None, None) == 1
''',
    test_names=["test_too_large_becomes_the_largest"],
)

NETWORKX = Planted(
    name="networkx",
    version="3.6.1",
    sha256="26b7c357accc0c8cde558ad486283728b65b6a95d85ee1cd66bafab4c8168509",
    path="networkx/algorithms/dag.py",
    right="            path_length += G[u][v].get(weight, default_weight)\n",
    wrong="            path_length += G[u][v].get(weight, 1)\n",
    report="The longest path has the right nodes and the wrong length\n\n"
    "Most tasks of our build take three minutes, so we leave their weight out and call "
    "dag_longest_path_length(G, default_weight=3). For a chain of four such tasks it says 3, "
    "as if each edge counted 1. dag_longest_path with the same arguments is right.\n",
    test="networkx/algorithms/tests/test_dag_default_weight.py",
    test_content='''"""Edges without a weight count as the caller wishes."""

import networkx as nx


def test_length_of_a_path_without_weights():
    graph = nx.path_graph(4, create_using=nx.DiGraph)
    assert nx.dag_longest_path_length(graph, default_weight=3) == 9


def test_own_weights_go_first():
    graph = nx.DiGraph([(0, 1, {"weight": 5}), (1, 2)])
    assert nx.dag_longest_path_length(graph, default_weight=2) == 7
''',
    test_names=["test_length_of_a_path_without_weights", "test_own_weights_go_first"],
    test_command="python3 -m pytest networkx/algorithms/tests/test_dag.py",
)

PROJECTS = [ITSDANGEROUS, CLICK, NETWORKX]
