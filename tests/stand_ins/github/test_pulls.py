"""Pull requests, with PyGithub as it is: an independent client is the cheapest proof."""

from __future__ import annotations

import pytest
from github import Auth, Github, GithubException
from github.Repository import Repository

from tests.stand_ins.github.server import GitHubServer


def client(server: GitHubServer, token: str) -> Github:
    return Github(
        auth=Auth.Token(token),
        base_url=server.api_url,
        retry=0,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


@pytest.fixture
def app(github: GitHubServer) -> Repository:
    """alice's repository, seen by alice, with a branch "fix" that is one commit ahead."""
    token = github.add_user("alice", name="Alice Archer")
    github.add_repository("alice/app")
    github.commit("alice/app", {"a.py": "one\ntwo\n", "b.py": "b\n"}, message="Code")
    github.commit("alice/app", {"a.py": "one\n2\n"}, branch="fix", message="Fix it")
    return client(github, token).get_repo("alice/app")


def refused(error: pytest.ExceptionInfo[GithubException]) -> str:
    data = error.value.data
    assert isinstance(data, dict)
    return " ".join(
        [data["message"], *(each.get("message", "") for each in data.get("errors", []))]
    )


def test_a_draft_is_opened_found_by_its_head_edited_and_made_ready(app: Repository) -> None:
    pull = app.create_pull(base="main", head="fix", title="Fix", body="one\ntwo", draft=True)

    assert (pull.number, pull.draft, pull.mergeable_state) == (1, True, "unknown")
    assert (app.get_pull(1).mergeable, app.get_pull(1).mergeable_state) == (True, "draft")
    assert [each.number for each in app.get_pulls(head="alice:fix", state="all")] == [1]
    assert [*app.get_pulls(head="alice:other", state="all")] == []

    pull.edit(title="Fixed", body="three\nfour")
    pull.mark_ready_for_review()
    again = app.get_pull(1)
    assert (again.draft, again.title, again.body) == (False, "Fixed", "three\nfour")
    assert again.convert_to_draft()["pullRequest"]["isDraft"]


def test_a_second_pull_request_of_a_branch_is_refused(app: Repository) -> None:
    app.create_pull(base="main", head="fix", title="Fix")
    with pytest.raises(GithubException) as error:
        app.create_pull(base="main", head="alice:fix", title="Again")
    assert error.value.status == 422
    assert refused(error) == "Validation Failed A pull request already exists for alice:fix."


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("nothing", "Validation Failed "),
        ("main", "Validation Failed No commits between main and main"),
    ],
)
def test_a_head_without_anything_new_is_refused(app: Repository, head: str, sentence: str) -> None:
    with pytest.raises(GithubException) as error:
        app.create_pull(base="main", head=head, title="Fix")
    assert (error.value.status, refused(error)) == (422, sentence)


def test_too_many_words_are_refused(app: Repository) -> None:
    with pytest.raises(GithubException) as error:
        app.create_pull(base="main", head="fix", title="Fix", body="x" * 65537)
    assert refused(error).endswith("body is too long (maximum is 65536 characters)")


def test_a_plan_without_drafts_refuses_them(github: GitHubServer, app: Repository) -> None:
    github.repository("alice/app").drafts_supported = False
    with pytest.raises(GithubException) as error:
        app.create_pull(base="main", head="fix", title="Fix", draft=True)
    assert refused(error) == "Draft pull requests are not supported in this repository."
    assert app.create_pull(base="main", head="fix", title="Fix").number == 1


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merge_is_a_real_commit(github: GitHubServer, app: Repository, method: str) -> None:
    github.commit("alice/app", {"b.py": "changed since\n"})
    pull = app.create_pull(base="main", head="fix", title="Fix")

    done = pull.merge(merge_method=method)

    tip = app.get_branch("main").commit
    assert (done.merged, done.sha) == (True, tip.sha)
    assert len(tip.parents) == (2 if method == "merge" else 1)
    contents = {name: app.get_contents(name, ref="main") for name in ("a.py", "b.py")}
    texts = {
        name: file.decoded_content for name, file in contents.items() if not isinstance(file, list)
    }
    assert texts == {"a.py": b"one\n2\n", "b.py": b"changed since\n"}
    merged = app.get_pull(pull.number)
    assert (merged.state, merged.merged, merged.merged_by.login) == ("closed", True, "alice")


def test_a_conflict_is_seen_and_not_merged(github: GitHubServer, app: Repository) -> None:
    pull = app.create_pull(base="main", head="fix", title="Fix")
    github.commit("alice/app", {"a.py": "one\nzwei\n"})
    assert (app.get_pull(1).mergeable, app.get_pull(1).mergeable_state) == (False, "dirty")
    with pytest.raises(GithubException) as error:
        pull.merge()
    assert (error.value.status, refused(error)) == (405, "Pull Request is not mergeable")


def test_a_merge_of_another_commit_or_of_a_draft_is_refused(app: Repository) -> None:
    pull = app.create_pull(base="main", head="fix", title="Fix", draft=True)
    with pytest.raises(GithubException) as draft:
        pull.merge()
    pull.mark_ready_for_review()
    with pytest.raises(GithubException) as stale:
        pull.merge(sha=app.get_branch("main").commit.sha)
    assert (draft.value.status, stale.value.status) == (405, 409)


def test_protection_holds_a_merge_until_it_is_approved_and_checked(
    github: GitHubServer, app: Repository
) -> None:
    github.add_user("bob")
    github.grant("alice/app", "bob", "write")
    github.protect("alice/app", "main", reviews=1, checks=["tests"])
    pull = app.create_pull(base="main", head="fix", title="Fix")
    branch = app.get_branch("main")
    assert branch.protected
    assert (
        branch.get_protection().required_pull_request_reviews.required_approving_review_count == 1
    )

    def sentence() -> str:
        assert app.get_pull(1).mergeable_state == "blocked"
        with pytest.raises(GithubException) as error:
            pull.merge()
        return refused(error)

    assert sentence().startswith("At least 1 approving review is required")
    github.approve("alice/app", 1, "bob")
    assert sentence() == 'Required status check "tests" is expected.'
    app.get_commit(pull.head.sha).create_status("success", context="tests")
    assert pull.merge().merged


def test_labels_comments_reviewers_reactions(github: GitHubServer, app: Repository) -> None:
    github.add_user("bob")
    github.grant("alice/app", "bob", "read")
    pull = app.create_pull(base="main", head="fix", title="Fix")

    pull.add_to_labels("agent", "verified")
    pull.remove_from_labels("verified")
    said = pull.create_issue_comment("Hello")
    said.edit("Hello again")
    pull.create_review_request(reviewers=["bob"])
    pull.as_issue().create_reaction("eyes")

    assert [label.name for label in pull.get_labels()] == ["agent"]
    assert [each.body for each in pull.get_issue_comments()] == ["Hello again"]
    assert [each.login for each in pull.get_review_requests()[0]] == ["bob"]
    assert [each.content for each in pull.as_issue().get_reactions()] == ["eyes"]
    with pytest.raises(GithubException) as error:
        pull.create_review_request(reviewers=["alice"])
    assert refused(error) == "Review cannot be requested from pull request author."


def test_remarks_stand_on_lines_of_the_diff(github: GitHubServer, app: Repository) -> None:
    pull = app.create_pull(base="main", head="fix", title="Fix")
    commit = app.get_commit(pull.head.sha)

    review = pull.create_review(
        commit=commit,
        body="Nearly",
        event="COMMENT",
        comments=[{"path": "a.py", "line": 2, "side": "RIGHT", "body": "why?"}],
    )
    first = next(iter(pull.get_review_comments()))
    pull.create_review_comment_reply(first.id, "because")

    assert (review.state, first.path, first.line) == ("COMMENTED", "a.py", 2)
    assert first.diff_hunk.startswith("@@ -1,2 +1,2 @@")
    assert [each.body for each in pull.get_review_comments()] == ["why?", "because"]
    with pytest.raises(GithubException):
        pull.create_review_comment("far away", commit, "a.py", line=40, side="RIGHT")


def test_files_and_commits_come_from_git(github: GitHubServer, app: Repository) -> None:
    github.commit("alice/app", {"new.py": "x\n", "b.py": None}, branch="fix", message="More")
    pull = app.create_pull(base="main", head="fix", title="Fix")
    files = {each.filename: each for each in pull.get_files()}
    assert {name: file.status for name, file in files.items()} == {
        "a.py": "modified",
        "b.py": "removed",
        "new.py": "added",
    }
    assert files["a.py"].patch.splitlines()[-2:] == ["-two", "+2"]
    assert (pull.additions, pull.deletions, pull.changed_files, pull.commits) == (2, 2, 3, 2)
    assert [each.commit.message for each in pull.get_commits()] == ["Fix it", "More"]
    assert next(iter(pull.get_commits())).author.login == "alice"


def test_deleting_the_branch_closes_the_pull_request(app: Repository) -> None:
    app.create_pull(base="main", head="fix", title="Fix")
    app.get_git_ref("heads/fix").delete()
    assert app.get_pull(1).state == "closed"
    with pytest.raises(GithubException) as error:
        app.get_git_ref("heads/main").delete()
    assert error.value.status == 422
