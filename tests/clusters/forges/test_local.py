"""The local forge: the contract, and its pull requests."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from clusters.forges.base import ForgeError, PullState
from clusters.forges.local import LocalForge
from clusters.forges.registry import forge_class
from tests.clusters.forges.contract import BRANCH, ForgeContract, Work
from tests.clusters.forges.repositories import ANN, written


class TestLocalForge(ForgeContract):
    """The contract."""


def test_the_registry_knows_it(tmp_path: Path) -> None:
    assert forge_class("local")(tmp_path / "home", tmp_path / "m.git").kind == "local"
    with pytest.raises(ForgeError, match="no forge"):
        forge_class("remote")


def test_a_branch_without_news_cannot_be_proposed(forge: LocalForge, work: Work) -> None:
    forge.push(work.mirror, work.base, "soulcaster/same")
    with pytest.raises(ForgeError) as caught:
        work.open("soulcaster/same")
    assert caught.value.code == "no_changes"


def test_the_default_branch_cannot_be_deleted(forge: LocalForge, work: Work) -> None:
    with pytest.raises(ForgeError) as caught:
        forge.delete_branch("main")
    assert caught.value.code == "branch_protected"
    assert forge.mirror().resolve("main") == work.base


@pytest.mark.parametrize("name", ["-D", "--force", "a..b", "refs/../x", "x\ny"])
def test_hostile_branch_names_are_refused(forge: LocalForge, work: Work, name: str) -> None:
    with pytest.raises(ForgeError):
        forge.push(work.mirror, work.head, name)
    with pytest.raises(ForgeError):
        forge.delete_branch(name)
    with pytest.raises(ForgeError):
        work.open(name)


def test_what_a_pull_request_changes_outlives_its_branch(forge: LocalForge, work: Work) -> None:
    number = work.open().number
    before = forge.diff(number), forge.changed(number), forge.commits(number)
    forge.delete_branch(BRANCH)
    assert "+fixed" in before[0]
    assert (forge.diff(number), forge.changed(number), forge.commits(number)) == before


def test_a_merge_does_not_empty_the_difference(forge: LocalForge, work: Work) -> None:
    number = work.ready().number
    before = forge.diff(number)
    forge.merge(number, author=ANN)
    assert forge.diff(number) == before


def test_a_push_past_the_forge_is_seen(forge: LocalForge, work: Work, tmp_path: Path) -> None:
    number = work.open().number
    sha = written(work.mirror, work.head, {"hand.py": "pass\n"})
    work.mirror.push(str(tmp_path / "home" / "repository.git"), sha, BRANCH)
    assert forge.get_pr(number).head_sha == sha
    assert "hand.py" in [file.path for file in forge.changed(number)]


def test_pulls_are_listed_newest_first_and_by_state(forge: LocalForge, work: Work) -> None:
    work.open()
    work.push(work.base, "second", "soulcaster/7-2")
    forge.close(work.open("soulcaster/7-2").number)
    assert [pull.number for pull in forge.pulls()] == [2, 1]
    assert [pull.number for pull in forge.pulls(PullState.OPEN)] == [1]


def test_texts_are_limited(forge: LocalForge, work: Work) -> None:
    number = work.open().number
    forge.update(number, title="a\n\x1b[31m" + "b" * 1000, body="c\0" * 100_000)
    forge.comment(number, "d" * 100_000, author="e" * 1000)
    pull = forge.get_pr(number)
    assert len(pull.title) == 250
    assert pull.title.isprintable()
    assert len(pull.body) < 66_000
    assert pull.body.endswith("[The rest was cut.]")
    assert "\0" not in pull.body
    assert len(pull.comments[0].text) < 66_000
    assert len(pull.comments[0].author) == 250


def test_half_letters_can_be_kept(forge: LocalForge, work: Work) -> None:
    number = work.open().number
    forge.update(number, title="half \ud800 letter", body="half \ud800 letter")
    assert forge.get_pr(number).body == "half ? letter"


def test_damaged_records_are_told_and_kept(forge: LocalForge, work: Work, tmp_path: Path) -> None:
    work.open()
    file = tmp_path / "home" / "pulls.json"
    file.write_text('{"next": 2, "pulls": [{')
    with pytest.raises(ForgeError, match="damaged"):
        forge.comment(1, "Hello", author="Ann")
    assert file.read_text() == '{"next": 2, "pulls": [{'


def test_many_at_once_lose_no_comment(forge: LocalForge, work: Work, tmp_path: Path) -> None:
    number = work.open().number
    others = [LocalForge(tmp_path / "home", tmp_path / "m.git") for _ in range(8)]
    threads = [
        threading.Thread(target=other.comment, args=(number, "Hello"), kwargs={"author": "Ann"})
        for other in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = json.loads((tmp_path / "home" / "pulls.json").read_text())
    assert len(records["pulls"][0]["comments"]) == 8
