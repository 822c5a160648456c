"""What GitHub knows before a job begins."""

from __future__ import annotations

import pytest

from clusters.forges.base import Finding
from clusters.forges.github.forge import GitHubForge
from tests.clusters.forges.contract import BRANCH
from tests.clusters.forges.github_forges import NAME, Bench, hub
from tests.clusters.forges.repositories import written
from tests.stand_ins.github.fixtures import github

__all__ = ["github", "hub"]

MARK = "<!-- ours -->"


def found(forge: GitHubForge, **about: object) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in _findings(forge, **about)]


def _findings(forge: GitHubForge, **about: object) -> list[Finding]:
    return forge.findings(["app.py"], BRANCH, mark=MARK, **about)  # type: ignore[arg-type]


def test_nothing_in_the_way_is_found_with_four_calls(hub: Bench) -> None:
    forge = hub.forge()
    assert found(forge) == []
    assert forge.calls == 4


def test_an_archived_repository_blocks_before_anything_else_is_asked(hub: Bench) -> None:
    hub.server.archive(NAME)
    forge = hub.forge()
    assert found(forge) == [("repository_archived", "block")]
    assert forge.calls == 2


def test_missing_rights_block(hub: Bench) -> None:
    reader = hub.server.add_user("bob")
    hub.server.grant(NAME, "bob", "read")
    assert found(hub.forge(token=reader)) == [("no_write_access", "block")]
    without = hub.server.add_token("ann", scopes=["read:user"])
    (finding,) = _findings(hub.forge(token=without))
    assert (finding.code, finding.fix_url) == ("scope_missing", "https://soulcaster.example/keys")


def test_single_sign_on_blocks_with_its_link(hub: Bench) -> None:
    hub.server.state.account("acme").sso = True
    (finding,) = _findings(hub.forge())
    assert (finding.code, finding.severity) == ("sso_required", "block")
    assert "/orgs/acme/sso" in finding.fix_url


def test_an_empty_repository_blocks(hub: Bench) -> None:
    hub.server.add_repository("acme/new", empty=True)
    hub.server.grant("acme/new", "ann", "write")
    assert found(hub.forge(repository="acme/new")) == [("repository_empty", "block")]


def test_a_base_branch_that_is_not_there_blocks(hub: Bench) -> None:
    (finding,) = _findings(hub.forge(), base_branch="stable")
    assert (finding.code, finding.severity) == ("repository_unavailable", "block")
    assert "“stable”" in finding.sentence


def test_a_protected_base_branch_warns_and_names_its_checks(hub: Bench) -> None:
    hub.server.protect(NAME, "main", reviews=1, checks=["ci/build"])
    (finding,) = _findings(hub.forge())
    assert (finding.code, finding.severity) == ("base_protected", "warn")
    assert "ci/build" in finding.sentence


def test_a_person_s_pull_request_on_the_same_files_warns(hub: Bench) -> None:
    hub.server.add_user("bob")
    hub.server.grant(NAME, "bob", "write")
    hub.server.commit(NAME, {"app.py": "mine\n"}, branch="mine", login="bob")
    pull = hub.server.open_pull(NAME, "mine", login="bob")
    hub.server.commit(NAME, {"other.py": "mine\n"}, branch="elsewhere", login="bob")
    hub.server.open_pull(NAME, "elsewhere", login="bob")
    forge = hub.forge()
    (finding,) = _findings(forge)
    assert (finding.code, finding.severity) == ("files_in_progress", "warn")
    assert finding.fix_url == f"{hub.server.url}/{NAME}/pull/{pull.number}"
    assert "by bob changes app.py" in finding.sentence
    assert forge.calls == 4


@pytest.mark.parametrize(
    ("body", "warns"),
    [
        ("Fixes #12", True),
        ("closes: acme/widgets#12", True),
        ("Resolves {url}/acme/widgets/issues/12", True),
        ("Fixes #123", False),
        ("See #12", False),
        ("fixes other/widgets#12", False),
    ],
)
def test_a_person_s_pull_request_about_the_same_issue_warns(
    hub: Bench, body: str, warns: bool
) -> None:
    hub.server.add_user("bob")
    hub.server.grant(NAME, "bob", "write")
    hub.server.commit(NAME, {"other.py": "mine\n"}, branch="mine", login="bob")
    text = body.format(url=hub.server.url)
    hub.server.open_pull(NAME, "mine", login="bob", body=text)
    expected = [("issue_in_progress", "warn")] if warns else []
    assert found(hub.forge(), issues=[12]) == expected


def pushed(hub: Bench, branch: str) -> None:
    forge = hub.forge()
    mirror = forge.mirror()
    forge.push(mirror, written(mirror, mirror.resolve("main"), {"app.py": "x\n"}), branch)


def test_somebody_else_on_our_branch_blocks(hub: Bench) -> None:
    pushed(hub, BRANCH)
    hub.server.add_user("bob")
    hub.server.open_pull(NAME, BRANCH, login="bob")
    assert found(hub.forge()) == [("branch_taken", "block")]


def test_our_own_pull_request_on_our_branch_is_no_finding(hub: Bench) -> None:
    pushed(hub, BRANCH)
    hub.server.add_user("bob")
    hub.server.open_pull(NAME, BRANCH, login="bob", body=f"Text {MARK}")
    assert found(hub.forge()) == []


def test_an_earlier_job_s_pull_request_warns(hub: Bench) -> None:
    pushed(hub, "soulcaster/7-0")
    hub.server.open_pull(NAME, "soulcaster/7-0", login="ann")
    assert found(hub.forge()) == [("own_pr_open", "warn")]
