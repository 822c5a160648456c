"""Events as a receiver gets them; their payloads are held against GitHub's description."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from tests.stand_ins.github.http import Answer, Front, Request
from tests.stand_ins.github.server import GitHubServer
from tests.stand_ins.github.test_pulls import client

SECRET = "it's a secret"


class Receiver:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.got: list[Request] = []
        self.status = 204
        self.front = Front(self._answer)
        self.url = f"http://127.0.0.1:{self.front.server_port}/webhooks/github"

    def _answer(self, request: Request) -> Answer:
        self.got.append(request)
        return Answer(self.status)

    def told(self) -> list[str]:
        """Event and action of everything that arrived."""
        words = []
        for request in self.got:
            action = json.loads(request.body).get("action")
            words.append(request.headers["x-github-event"] + (f".{action}" if action else ""))
        return words


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    it = Receiver()
    it.front.begin()
    yield it
    it.front.end()


@pytest.fixture
def app(github: GitHubServer, receiver: Receiver) -> str:
    github.add_user("alice")
    github.add_repository("alice/app")
    github.webhook("alice/app", receiver.url, SECRET)
    return "alice/app"


def test_every_event_is_signed_and_named_once(
    github: GitHubServer, app: str, receiver: Receiver
) -> None:
    github.commit(app, {"x": "x"})
    github.webhooks.settle()
    assert receiver.told() == ["ping", "push"]
    for request in receiver.got:
        digest = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
        assert request.headers["x-hub-signature-256"] == f"sha256={digest}"
    assert len({request.headers["x-github-delivery"] for request in receiver.got}) == 2


def test_the_life_of_a_pull_request(github: GitHubServer, app: str, receiver: Receiver) -> None:
    github.commit(app, {"x": "x"}, branch="fix")
    github.open_pull(app, "fix", draft=True)
    github.edit_pull(app, 1, title="Better", body="Words")
    github.set_draft(app, 1, False)
    github.set_draft(app, 1, True)
    github.commit(app, {"x": "y"}, branch="fix")
    github.close_pull(app, 1)
    github.reopen_pull(app, 1)
    github.merge_pull(app, 1)
    github.delete_branch(app, "fix")
    github.webhooks.settle()
    assert receiver.told() == [
        "ping",
        "push",
        "pull_request.opened",
        "pull_request.edited",
        "pull_request.ready_for_review",
        "pull_request.converted_to_draft",
        "push",
        "pull_request.synchronize",
        "pull_request.closed",
        "pull_request.reopened",
        "pull_request.ready_for_review",
        "pull_request.closed",
        "push",
        "push",
    ]
    edited, closed = (json.loads(receiver.got[at].body) for at in (3, 11))
    assert edited["changes"] == {"title": {"from": "A change"}, "body": {"from": ""}}
    assert closed["pull_request"]["merged"]


def test_the_life_of_a_repository(github: GitHubServer, app: str, receiver: Receiver) -> None:
    github.add_organisation("acme", members={"alice": "admin"})
    github.rename(app, "shop")
    github.transfer("alice/shop", "acme")
    github.archive("acme/shop")
    github.webhooks.settle()
    assert receiver.told()[1:] == [
        "repository.renamed",
        "repository.transferred",
        "repository.archived",
    ]
    moved = json.loads(receiver.got[2].body)
    assert moved["repository"]["full_name"] == "acme/shop"
    assert moved["changes"]["owner"]["from"]["user"]["login"] == "alice"


def test_a_delivery_is_kept_and_told_again_under_its_name(
    github: GitHubServer, app: str, receiver: Receiver
) -> None:
    receiver.status = 500
    github.commit(app, {"x": "x"})
    failed = github.deliveries[-1]
    receiver.status = 204
    github.webhooks.again(failed)
    again = github.deliveries[-1]
    assert (failed.status, again.status, failed.id) == (500, 204, again.id)


def test_a_hook_hears_what_it_asked_for(github: GitHubServer, app: str, receiver: Receiver) -> None:
    github.repository(app).hooks.clear()
    github.webhook(app, receiver.url, "", ["pull_request"])
    github.commit(app, {"x": "x"}, branch="fix")
    github.open_pull(app, "fix")
    github.webhooks.settle()
    assert receiver.told()[-2:] == ["ping", "pull_request.opened"]


def test_labels_and_reviewers_of_an_organisation_are_told(
    github: GitHubServer, receiver: Receiver
) -> None:
    token = github.add_user("alice")
    github.add_user("bob")
    github.add_organisation("acme", members={"alice": "admin", "bob": "member"})
    github.add_repository("acme/till")
    github.webhook("acme/till", receiver.url, SECRET)
    github.commit("acme/till", {"x": "x"}, branch="fix", login="alice")
    github.open_pull("acme/till", "fix", login="alice")
    pull = client(github, token).get_repo("acme/till").get_pull(1)
    pull.add_to_labels("agent")
    pull.create_review_request(reviewers=["bob"])
    github.webhooks.settle()
    assert receiver.told() == [
        "ping",
        "push",
        "pull_request.opened",
        "pull_request.labeled",
        "pull_request.review_requested",
    ]
    assert json.loads(receiver.got[-1].body)["organization"]["login"] == "acme"
