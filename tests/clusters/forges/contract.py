"""What every forge must do. A test class of a forge inherits this and gives the fixture `forge`.

The repository behind the fixture has a branch `main` that is the default one, with a file
`app.py` of the twenty lines “line 1” to “line 20”.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from clusters.forges.base import Forge, ForgeError, Pull, PullState
from clusters.forges.mirrors import Mirror
from tests.clusters.forges.repositories import ANN, written

BRANCH = "soulcaster/7-1"


@dataclass
class Work:
    """A forge with a branch on it that changes the first line."""

    forge: Forge
    mirror: Mirror
    base: str
    head: str

    def open(self, branch: str = BRANCH) -> Pull:
        return self.forge.open_draft(
            branch=branch, base_branch="main", title="Fix it", body="Because.", author=ANN
        )

    def ready(self) -> Pull:
        return self.forge.mark_ready(self.open().number)

    def push(self, base: str, line: str, branch: str) -> str:
        """Push a commit on `base` that replaces the first line."""
        text = self.mirror.read(base, "app.py") or b""
        rest = text.split(b"\n", 1)[1]
        files = {"app.py": line.encode() + b"\n" + rest}
        sha = written(self.mirror, base, files)
        self.forge.push(self.mirror, sha, branch)
        return sha


class ForgeContract:
    """Inherit this and define the fixture `forge`."""

    @pytest.fixture
    def work(self, forge: Forge) -> Work:
        mirror = forge.mirror()
        base = mirror.resolve("main")
        work = Work(forge, mirror, base, "")
        work.head = work.push(base, "fixed", BRANCH)
        return work

    def test_access_names_the_default_branch(self, forge: Forge) -> None:
        access = forge.access()
        assert (access.can_write, access.default_branch, access.empty) == (True, "main", False)

    def test_the_mirror_has_the_default_branch(self, forge: Forge) -> None:
        mirror = forge.mirror()
        assert mirror.default_branch() == "main"
        assert "app.py" in mirror.tree("main")

    def test_a_pushed_branch_comes_back_with_the_next_mirror(self, work: Work) -> None:
        assert work.forge.mirror().resolve(BRANCH) == work.head

    def test_a_branch_is_only_pushed_forward(self, work: Work) -> None:
        with pytest.raises(ForgeError):
            work.forge.push(work.mirror, work.base, BRANCH)
        assert work.forge.mirror().resolve(BRANCH) == work.head

    def test_a_draft_tells_what_was_asked_for(self, work: Work) -> None:
        pull = work.open()
        assert (pull.branch, pull.base_branch) == (BRANCH, "main")
        assert (pull.title, pull.body) == ("Fix it", "Because.")
        assert (pull.state, pull.draft) == (PullState.OPEN, True)
        assert (pull.head_sha, pull.base_sha) == (work.head, work.base)
        assert pull.created_at.endswith(("Z", "+00:00"))

    def test_the_open_pull_request_of_a_branch_is_returned_again(self, work: Work) -> None:
        assert work.open().number == work.open().number

    def test_a_closed_one_makes_room_for_another(self, work: Work) -> None:
        first = work.open()
        work.forge.close(first.number)
        assert work.open().number > first.number

    def test_a_branch_that_is_not_there_cannot_be_proposed(self, work: Work) -> None:
        with pytest.raises(ForgeError):
            work.open("soulcaster/none")

    def test_find_pr_gives_the_newest_in_any_state(self, work: Work) -> None:
        work.forge.close(work.open().number)
        second = work.forge.close(work.open().number)
        found = work.forge.find_pr(BRANCH)
        assert found is not None
        assert (found.number, found.state) == (second.number, PullState.CLOSED)

    def test_find_pr_of_another_branch_is_none(self, work: Work) -> None:
        work.open()
        assert work.forge.find_pr("soulcaster/7-2") is None

    def test_an_unknown_number_is_pr_not_found(self, forge: Forge) -> None:
        with pytest.raises(ForgeError) as caught:
            forge.get_pr(4711)
        assert caught.value.code == "pr_not_found"

    def test_update_changes_only_what_is_given(self, work: Work) -> None:
        number = work.open().number
        work.forge.update(number, title="Better")
        work.forge.update(number, body="Longer.")
        pull = work.forge.get_pr(number)
        assert (pull.title, pull.body) == ("Better", "Longer.")

    def test_a_push_moves_the_head_of_the_open_pull_request(self, work: Work) -> None:
        number = work.open().number
        head = work.push(work.head, "fixed again", BRANCH)
        assert work.forge.get_pr(number).head_sha == head

    def test_mark_ready_ends_the_draft_and_may_be_repeated(self, work: Work) -> None:
        number = work.open().number
        assert not work.forge.mark_ready(number).draft
        assert not work.forge.mark_ready(number).draft

    def test_comments_are_kept_in_order(self, work: Work) -> None:
        number = work.open().number
        work.forge.comment(number, "One", author="Ann")
        work.forge.comment(number, "Two", author="Ann")
        assert [remark.text for remark in work.forge.get_pr(number).comments] == ["One", "Two"]

    def test_closing_may_be_repeated(self, work: Work) -> None:
        number = work.open().number
        assert work.forge.close(number).state is PullState.CLOSED
        assert work.forge.close(number).state is PullState.CLOSED

    def test_a_deleted_branch_is_gone_and_may_be_deleted_again(self, work: Work) -> None:
        work.forge.delete_branch(BRANCH)
        work.forge.delete_branch(BRANCH)
        assert BRANCH not in work.forge.mirror().branches()

    def test_deleting_a_branch_closes_its_pull_request(self, work: Work) -> None:
        number = work.open().number
        work.forge.delete_branch(BRANCH)
        assert work.forge.get_pr(number).state is PullState.CLOSED

    def test_a_merge_brings_the_change_into_the_base_branch(self, work: Work) -> None:
        merged = work.forge.merge(work.ready().number, author=ANN)
        mirror = work.forge.mirror()
        assert merged.state is PullState.MERGED
        assert mirror.resolve("main") == merged.merge_sha
        assert (mirror.read("main", "app.py") or b"").startswith(b"fixed\nline 2\n")

    def test_a_draft_is_not_merged(self, work: Work) -> None:
        number = work.open().number
        with pytest.raises(ForgeError) as caught:
            work.forge.merge(number, author=ANN)
        assert caught.value.code == "pr_is_draft"
        assert work.forge.mirror().resolve("main") == work.base

    def test_a_conflict_is_told_and_changes_nothing(self, work: Work) -> None:
        other = work.push(work.base, "meanwhile", "main")
        number = work.ready().number
        with pytest.raises(ForgeError) as caught:
            work.forge.merge(number, author=ANN)
        assert caught.value.code == "merge_conflict"
        assert work.forge.mirror().resolve("main") == other
        assert work.forge.get_pr(number).state is PullState.OPEN
