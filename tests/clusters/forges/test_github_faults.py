"""What goes wrong between us and GitHub, and what must hold all the same."""

from __future__ import annotations

import itertools
import time

import pytest

from clusters.forges.base import ForgeError, PullState, RateLimited
from clusters.forges.github.client import BACKOFF
from clusters.forges.github.forge import GitHubForge
from tests.clusters.forges.contract import BRANCH, Work
from tests.clusters.forges.github_forges import NAME, Bench, hub
from tests.clusters.forges.repositories import ANN
from tests.stand_ins.github.fixtures import github

__all__ = ["github", "hub"]

PULLS = f"/repos/{NAME}/pulls"


def begun(hub: Bench, forge: GitHubForge) -> Work:
    """A worker that has pushed a branch."""
    mirror = forge.mirror()
    work = Work(forge, mirror, mirror.resolve("main"), "")
    work.head = work.push(work.base, "fixed", BRANCH)
    return work


def refused(forge: GitHubForge) -> ForgeError:
    with pytest.raises(ForgeError) as caught:
        forge.access()
    return caught.value


# --- limits ----------------------------------------------------------------------------------


def test_a_short_limit_is_waited_for(hub: Bench) -> None:
    hub.server.limit_next(retry_after=3)
    assert hub.forge(patience=5.0).access().can_write
    assert hub.waits.seconds == [3.0]


def test_a_long_limit_says_when_to_come_back(hub: Bench) -> None:
    hub.server.limit_next(retry_after=600)
    with pytest.raises(RateLimited) as caught:
        hub.forge(patience=5.0).access()
    assert caught.value.until == hub.waits.now + 600
    assert "10 minutes" in str(caught.value)
    assert hub.waits.seconds == []


def test_limits_that_go_on_use_the_patience_up_once(hub: Bench) -> None:
    hub.server.limit_next(retry_after=3, times=9)
    with pytest.raises(RateLimited):
        hub.forge(patience=10.0).access()
    assert hub.waits.seconds == [3.0, 3.0, 3.0]


def test_a_secondary_limit_without_a_time_is_a_minute(hub: Bench) -> None:
    hub.server.limit_next(retry_after=None)
    with pytest.raises(RateLimited) as caught:
        hub.forge(patience=59.0).access()
    assert caught.value.until == hub.waits.now + 60


def test_too_many_requests_is_a_limit_too(hub: Bench) -> None:
    hub.server.fail_next(429, headers={"Retry-After": "3"}, message="Too many requests", times=2)
    with pytest.raises(RateLimited) as caught:
        hub.forge(patience=2.0).access()
    assert caught.value.until == hub.waits.now + 3
    assert hub.forge(patience=5.0).access().can_write
    assert hub.waits.seconds == [3.0]


def test_a_quota_that_is_used_up_is_not_asked_again(hub: Bench) -> None:
    forge = hub.forge()
    now = hub.waits.now
    # GitHub's clock and ours disagree by years here: what counts is the difference on its own.
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 900)}
    said = "API rate limit exceeded for user ID 1."
    hub.server.fail_next(403, headers=reset, message=said)
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            forge.access()
        assert abs(caught.value.until - now - 900) < 10
    assert forge.calls == 1


# --- failures that pass ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_call_that_may_be_repeated_is(hub: Bench, status: int) -> None:
    hub.server.fail_next(status, times=2)
    assert hub.forge().access().can_write
    assert hub.waits.seconds == list(BACKOFF[:2])


def test_a_connection_that_breaks_in_the_middle_of_an_answer(hub: Bench) -> None:
    hub.server.break_next(path_contains=NAME)
    assert hub.forge().access().can_write


def test_a_server_that_is_silent_is_left_after_the_time_limit(hub: Bench) -> None:
    fault = hub.server.hang_next(path_contains=NAME)
    assert hub.forge(timeout=1.0).access().can_write
    assert fault.arrived.is_set()


def test_a_server_that_stays_away_is_told_in_the_end(hub: Bench) -> None:
    hub.server.fail_next(502, times=99)
    error = refused(hub.forge())
    assert error.code == "forge_unavailable"
    assert "try again in a few minutes" in str(error)
    assert hub.waits.seconds == list(BACKOFF)


# --- nothing twice ---------------------------------------------------------------------------


def test_a_draft_whose_answer_was_lost_is_found(hub: Bench) -> None:
    work = begun(hub, hub.forge())
    hub.server.break_next(path_contains=PULLS, method="POST")
    assert work.open().number == 1
    assert list(hub.server.repository(NAME).pulls) == [1]
    assert hub.called("POST") == 1


@pytest.mark.parametrize("late", [True, False], ids=["done", "not done"])
def test_a_draft_that_failed_is_looked_for_before_it_is_asked_for_again(
    hub: Bench, late: bool
) -> None:
    work = begun(hub, hub.forge())
    hub.server.fail_next(502, path_contains=PULLS, method="POST", late=late)
    assert work.open().number == 1
    assert list(hub.server.repository(NAME).pulls) == [1]


def test_a_comment_whose_answer_was_lost_is_said_once(hub: Bench) -> None:
    work = begun(hub, hub.forge())
    number = work.open().number
    hub.server.break_next(path_contains="/comments", method="POST")
    work.forge.comment(number, "Hello", author="ann")
    assert [remark.text for remark in work.forge.get_pr(number).comments] == ["Hello"]


def test_a_worker_that_died_after_its_push_leaves_no_second_pull_request(hub: Bench) -> None:
    first = begun(hub, hub.forge())
    again = hub.forge()
    again.push(again.mirror(), first.head, BRANCH)  # the same push does no harm
    opened = Work(again, first.mirror, first.base, first.head).open()
    third = Work(hub.forge(), first.mirror, first.base, first.head).open()
    assert (opened.number, third.number) == (1, 1)


@pytest.mark.parametrize(
    "message",
    [
        "A pull request already exists for acme:soulcaster/7-1.",
        "a pull request for branch “soulcaster/7-1” already exists:\nhttps://elsewhere/pull/99",
    ],
)
def test_already_exists_is_answered_by_the_one_that_does(hub: Bench, message: str) -> None:
    work = begun(hub, hub.forge())
    there = hub.server.open_pull(NAME, BRANCH, login="ann", base="main", title="There")
    hub.server.fail_next(422, path_contains=PULLS, method="POST", message=message)
    assert work.open().number == there.number


def test_a_push_that_github_has_not_heard_of_yet(hub: Bench) -> None:
    work = begun(hub, hub.forge())
    fault = hub.server.fail_next(422, path_contains=PULLS, method="POST")
    fault.body = (
        b'{"message": "Validation Failed", "errors": '
        b'[{"resource": "PullRequest", "field": "head", "code": "invalid"}]}'
    )
    assert work.open().number == 1


def test_where_there_are_no_drafts_a_plain_one_can_be_opened(hub: Bench) -> None:
    hub.server.repository(NAME).drafts_supported = False
    work = begun(hub, hub.forge())
    with pytest.raises(ForgeError) as caught:
        work.open()
    assert caught.value.code == "drafts_unsupported"
    pull = work.forge.open_draft(
        branch=BRANCH, base_branch="main", title="Fix", body="", author=ANN, draft=False
    )
    assert not pull.draft


def test_a_merge_whose_answer_was_lost_is_a_merge(hub: Bench) -> None:
    work = begun(hub, hub.forge())
    number = work.ready().number
    hub.server.break_next(path_contains="/merge", method="PUT")
    assert work.forge.merge(number, author=ANN).state is PullState.MERGED


# --- refusals that a person can do something about -------------------------------------------


def test_a_token_that_was_revoked(hub: Bench) -> None:
    forge = hub.forge()
    hub.server.revoke(hub.token)
    error = refused(forge)
    assert (error.code, error.fix_url) == ("token_invalid", "https://soulcaster.example/keys")
    (finding,) = forge.findings([], BRANCH)
    assert (finding.code, finding.severity) == ("token_invalid", "block")


def test_a_token_that_is_revoked_before_the_push(hub: Bench) -> None:
    work = begun(hub, hub.forge())
    hub.server.revoke(hub.token)
    with pytest.raises(ForgeError) as caught:
        work.push(work.head, "again", BRANCH)
    assert caught.value.code == "token_invalid"


def test_a_token_without_the_scope(hub: Bench) -> None:
    token = hub.server.add_token("ann", scopes=["read:user"])
    error = refused(hub.forge(token=token))
    assert error.code == "scope_missing"
    assert "“repo”" in str(error)


def test_a_fine_grained_token_has_no_scopes_to_miss(hub: Bench) -> None:
    assert hub.forge(token=hub.server.add_token("ann", scopes=None)).access().can_write


def test_an_organisation_that_wants_single_sign_on(hub: Bench) -> None:
    hub.server.state.account("acme").sso = True
    error = refused(hub.forge())
    assert error.code == "sso_required"
    assert error.fix_url.startswith(f"{hub.server.url}/orgs/acme/sso?authorization_request=")


def test_the_link_of_a_sign_on_leads_to_github_only(hub: Bench) -> None:
    header = {"X-GitHub-SSO": "required; url=https://evil.example/orgs/acme/sso"}
    hub.server.fail_next(403, headers=header, message="Resource protected")
    assert refused(hub.forge()).fix_url == hub.server.url


def test_an_archived_repository_cannot_be_written_to(hub: Bench) -> None:
    hub.server.archive(NAME)
    access = hub.forge().access()
    assert not access.can_write
    assert "unarchive it" in access.reason


def test_a_reader_is_told_that_it_is_not_enough(hub: Bench) -> None:
    token = hub.server.add_user("bob")
    hub.server.grant(NAME, "bob", "read")
    access = hub.forge(token=token).access()
    assert not access.can_write
    assert "ask its owner" in access.reason


def test_a_stranger_sees_nothing(hub: Bench) -> None:
    forge = hub.forge(token=hub.server.add_user("mallory"))
    assert refused(forge).code == "repository_unavailable"
    with pytest.raises(ForgeError):
        forge.mirror()


def test_a_stranger_cannot_read_what_the_mirror_has_already(hub: Bench) -> None:
    number = begun(hub, hub.forge()).open().number
    forge = hub.forge(token=hub.server.add_user("mallory"))
    for read in (forge.diff, forge.commits, forge.changed, forge.get_pr):
        with pytest.raises(ForgeError):
            read(number)


def test_an_empty_repository(hub: Bench) -> None:
    hub.server.add_repository("acme/new", empty=True)
    hub.server.grant("acme/new", "ann", "write")
    access = hub.forge(repository="acme/new").access()
    assert access.empty
    assert "push a first one" in access.reason


# --- a repository that moves -----------------------------------------------------------------


def test_a_renamed_repository_is_followed_and_told(hub: Bench) -> None:
    forge = hub.forge()
    hub.server.rename(NAME, "gadgets")
    number = begun(hub, forge).open().number
    assert forge.repository == "acme/gadgets"
    assert hub.renames == ["acme/gadgets"]
    assert f"{hub.server.url}/acme/gadgets/pull/{number}" == forge.get_pr(number).url


def test_a_repository_that_moves_in_the_middle_of_the_work(hub: Bench) -> None:
    work = begun(hub, hub.forge())
    hub.server.add_organisation("other")
    hub.server.transfer(NAME, "other")
    pull = work.open()
    assert (pull.number, pull.branch) == (1, BRANCH)
    found = work.forge.find_pr(BRANCH)
    assert found is not None
    assert (found.number, work.forge.repository) == (1, "other/widgets")
    assert work.push(work.head, "again", BRANCH) == work.forge.get_pr(1).head_sha


def test_git_follows_a_repository_that_moved_just_now(hub: Bench) -> None:
    work = begun(hub, hub.forge())
    hub.server.rename(NAME, "gadgets")
    sha = work.push(work.head, "again", BRANCH)
    assert work.forge.mirror().resolve(BRANCH) == sha
    assert hub.renames == ["acme/gadgets"]


def test_a_pull_request_of_a_fork_is_not_taken_for_ours(hub: Bench) -> None:
    forge = hub.forge()
    begun(hub, forge)
    hub.server.open_pull(NAME, BRANCH, login="ann", base="main")
    assert forge.find_pr("7-1") is None


@pytest.mark.parametrize(
    "name", ["acme", "acme/..", "../acme", "a/b/c", "acme/x.git", "acme/a b", "-a/b", "a/b\n"]
)
def test_names_that_no_repository_has_are_refused_unasked(hub: Bench, name: str) -> None:
    with pytest.raises(ForgeError, match="owner/name"):
        hub.forge(repository=name)
    assert hub.server.calls == []


# --- secrets ---------------------------------------------------------------------------------


def test_the_token_is_in_no_message_and_no_repr(hub: Bench) -> None:
    forge = hub.forge()
    said = f"Bad token {hub.token}"
    for status, path in itertools.product((403, 409, 410, 418, 422, 500), (NAME,)):
        hub.server.fail_next(status, path_contains=path, message=said, times=len(BACKOFF) + 1)
        with pytest.raises(ForgeError) as caught:
            hub.forge().access()
        assert hub.token not in f"{caught.value} {caught.value!r} {caught.value.fix_url}"
        hub.server.faults.release_all()
    assert hub.token not in f"{forge!r} {vars(forge)}"


@pytest.mark.parametrize("url", ["http://github.example", "ftp://github.example", "https://u:p@x"])
def test_a_token_is_only_sent_where_nobody_listens(hub: Bench, url: str) -> None:
    with pytest.raises(ForgeError, match="https"):
        hub.forge(api_url=url)
