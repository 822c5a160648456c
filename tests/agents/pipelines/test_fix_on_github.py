"""A fix whose forge is GitHub: few calls, one pull request, and every refusal with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.pipelines.fix import Result, Tools, run_fix
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox
from clusters.forges.base import RateLimited
from clusters.forges.github.forge import GitHubForge
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import BRANCH, Bench
from tests.agents.pipelines.journal import Killed, MemoryJournal
from tests.agents.pipelines.projects import CHECK, CHECK_COMMAND, NEW_CHECK, PRICE, QUICK, RIGHT
from tests.clusters.forges.github_forges import Waits
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer
from tests.stand_ins.github.state import Pull

__all__ = ["github"]
pytestmark = pytest.mark.slow

NAME = "acme/till"
FIXED = {PRICE: RIGHT, CHECK: NEW_CHECK}


class Hub:
    """The bench of the pipelines, with its repository on GitHub."""

    def __init__(self, folder: Path, server: GitHubServer) -> None:
        self.bench = Bench(folder, QUICK)
        self.bench.change(test_command=CHECK_COMMAND)
        self.server = server
        self.token = server.add_user("alice", name="Alice Archer")
        server.add_organisation("acme")
        server.add_repository(NAME, source=self.bench.source)
        server.grant(NAME, "alice", "write")
        self.waits = Waits()

    @property
    def forge(self) -> GitHubForge:
        return GitHubForge(
            NAME,
            self.token,
            self.bench.mirror,
            web_url=self.server.url,
            api_url=self.server.api_url,
            wait=self.waits.wait,
            now=lambda: self.waits.now,
        )

    def run(self, journal: MemoryJournal | None = None) -> Result:
        scratch = self.bench.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        tools = Tools(self.forge, self.bench.sandboxes, self.bench.runner, scratch)
        return run_fix(self.bench.context(), tools, journal or MemoryJournal(self.bench.memory))

    def only_pull(self) -> Pull:
        (pull,) = self.server.repository(NAME).pulls.values()
        return pull

    @property
    def log(self) -> str:
        return self.bench.memory.log


@pytest.fixture
def hub(tmp_path: Path, github: GitHubServer) -> Iterator[Hub]:
    hub = Hub(tmp_path / "bench", github)
    yield hub
    hub.bench.close()


def test_a_fix_takes_at_most_twelve_calls(hub: Hub) -> None:
    hub.bench.runner = Editor({PRICE: RIGHT}, FIXED)
    hub.bench.change(labels=["soulcaster"], reviewers=["bob"])
    hub.server.add_user("bob")
    hub.server.grant(NAME, "bob", "read")

    result = hub.run()

    pull = hub.only_pull()
    assert (result.outcome, result.verified) == ("verified", True), hub.log
    assert (pull.draft, pull.author, pull.head) == (False, "alice", BRANCH)
    assert (pull.labels, pull.reviewers) == (["soulcaster"], ["bob"])
    assert len(hub.server.api_calls) <= 12, hub.server.api_calls


def test_the_text_is_replaced_and_what_people_wrote_stays(hub: Hub) -> None:
    seen = []

    def look(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        body = hub.only_pull().body or ""
        seen.append(body)
        hub.server.edit_pull(NAME, 1, body=f"Above\r\n\r\n{body}\r\nBelow")
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return DONE

    hub.bench.runner = Editor(look)

    assert hub.run().outcome == "verified", hub.log

    final = hub.only_pull().body or ""
    assert "The tests before the change: passed" in seen[0]
    assert "**Work in progress:**" in seen[0]
    assert "**Work in progress:**" not in final
    assert "**Verified.**" in final
    assert final.startswith("Above\n\n<!-- soulcaster")
    assert final.endswith("\nBelow")
    assert "\\n" not in final + seen[0]


def test_every_commit_names_the_agent(hub: Hub) -> None:
    def commit(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        for command in (["git", "add", "--all"], ["git", "commit", "-q", "-m", "My own words"]):
            assert sandbox.run(command, cwd=sandbox.repository).ok
        return DONE

    hub.bench.runner = Editor(commit)
    result = hub.run()
    assert result.outcome == "verified", hub.log
    mirror = hub.forge.mirror()
    listed = mirror._text("log", "--format=%B", f"{hub.bench.base}..{result.head_sha}")
    assert "My own words" in listed
    assert listed.count("Soulcaster-Agent: Editor of the tests (local_editor)") == 2


def test_a_worker_that_died_between_push_and_pull_request(hub: Hub) -> None:
    hub.bench.runner = Editor(FIXED)
    fault = hub.server.fail_next(502, path_contains="/pulls", method="POST", times=99)

    def die() -> None:
        raise Killed

    hub.waits.wait = lambda seconds: die() if fault.arrived.is_set() else None  # type: ignore[method-assign]
    with pytest.raises(Killed):
        hub.run()
    assert BRANCH in hub.forge.mirror().branches()
    assert hub.server.repository(NAME).pulls == {}
    hub.server.faults.release_all()
    hub.waits.wait = lambda seconds: None  # type: ignore[method-assign]

    result = hub.run()

    assert (result.outcome, hub.only_pull().number) == ("verified", 1), hub.log


def test_a_token_revoked_in_mid_job_stops_before_more_is_spent(hub: Hub) -> None:
    editor = Editor(FIXED)
    hub.bench.runner = editor

    def revoke(name: str, round: int) -> None:
        if name == "setup":
            hub.server.revoke(hub.token)

    result = hub.run(MemoryJournal(hub.bench.memory, kept=revoke))

    assert result.outcome == "credential_expired"
    assert "revoked or has expired" in result.detail
    assert editor.tasks == []
    assert hub.bench.left_over() == []


def test_a_missing_scope_ends_the_job_before_anything_is_made(hub: Hub) -> None:
    hub.token = hub.server.add_token("alice", scopes=["read:user"])
    hub.bench.runner = Editor(FIXED)
    result = hub.run()
    assert result.outcome == "scope_missing"
    assert f"{hub.server.url}/settings/tokens" in result.detail
    assert hub.bench.memory.worked == ["preflight", "finish"]


def test_a_limit_before_the_draft_closes_the_sandbox_and_comes_back(hub: Hub) -> None:
    hub.bench.runner = Editor(FIXED)
    hub.server.limit_next(retry_after=60, path_contains="/pulls?", times=1)
    with pytest.raises(RateLimited) as caught:
        hub.run()
    assert caught.value.until == hub.waits.now + 60
    assert hub.bench.left_over() == []

    hub.bench.memory.steps.clear()  # as the execution does, whose sandbox is gone
    assert hub.run().outcome == "verified", hub.log


def test_a_limit_at_the_end_keeps_the_work(hub: Hub) -> None:
    editor = Editor(FIXED)
    hub.bench.runner = editor

    def limit(name: str, round: int) -> None:
        if name == "guard":
            hub.server.limit_next(retry_after=60)

    with pytest.raises(RateLimited):
        hub.run(MemoryJournal(hub.bench.memory, kept=limit))
    assert len(hub.bench.left_over()) == 1
    assert hub.run().outcome == "verified", hub.log
    assert len(editor.tasks) == 1
    assert hub.bench.left_over() == []


def test_a_forge_that_is_away_at_the_end_is_waited_for(hub: Hub) -> None:
    hub.bench.runner = Editor(FIXED)

    def break_it(name: str, round: int) -> None:
        if name == "guard":
            hub.server.fail_next(502, times=50)

    with pytest.raises(RateLimited, match="The work is kept"):
        hub.run(MemoryJournal(hub.bench.memory, kept=break_it))
    hub.server.faults.release_all()
    assert hub.run().outcome == "verified", hub.log


def test_a_limit_while_the_agent_works_only_costs_the_progress(hub: Hub) -> None:
    hub.bench.runner = Editor(FIXED)

    def limit(name: str, round: int) -> None:
        if name == "baseline":
            hub.server.limit_next(retry_after=60, path_contains="/pulls/1")

    assert hub.run(MemoryJournal(hub.bench.memory, kept=limit)).outcome == "verified", hub.log
    assert "The pull request's text stays as it was" in hub.log


def test_where_drafts_are_refused_the_pull_request_comes_after_the_work(hub: Hub) -> None:
    hub.server.repository(NAME).drafts_supported = False
    hub.bench.runner = Editor(FIXED)

    result = hub.run()

    pull = hub.only_pull()
    assert (result.outcome, result.pull_number) == ("verified", pull.number), hub.log
    assert not pull.draft
    assert "**Verified.**" in (pull.body or "")


def test_an_agent_without_commits_leaves_nothing_open(hub: Hub) -> None:
    hub.bench.runner = Editor({})
    assert hub.run().outcome == "no_changes", hub.log
    pull = hub.only_pull()
    assert pull.state == "closed"
    assert [remark.body for remark in pull.comments] == [
        "Closed without a change. The agent made no commits."
    ]
    assert BRANCH not in hub.forge.mirror().branches()
