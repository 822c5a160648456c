"""Whoever is not in the team learns nothing: every address with an id answers as if it were empty.

The whole URL configuration is walked. An address that names a new kind of id fails here until
`Objects` makes one that belongs to Alice's team; an address that is open to others by its nature
is named in `OPEN`, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from agents.models import Artifact, PullRequest
from clusters.models import FeedbackImport
from clusters.planner.base import Question
from clusters.services import sources, surgery
from clusters.services.plans import comments as plan_comments
from clusters.services.plans import drafting, questions
from credentials.models import Credential, Team, User
from credentials.services import invitations, keys, tokens
from tests import factories

# Addresses whose argument is a secret in itself, or no id of a row: name -> why.
OPEN = {
    "sign_in": "the link is the secret",
    "doctor_part": "a part of the product; everybody sees it with their own keys",
    "feedback_form": "the key in it is what people are given to write to the team",
    "feedback_thanks": "the same",
    "feedback_embed": "the same, for other sites",
    "intake_push": "senders know the key in it, and sign what they send",
}
# What a POST must say before it is looked at who asks: a form that cannot be right is refused
# without looking for the row.
SAID: dict[str, dict[str, Any]] = {
    "api_plan_approval": {"version": 1},
    "plan_comment": {"version": 1, "body": "Which basket?"},
}
# Operators alone come in here, whatever the address.
OPERATORS = "admin/"
METHODS = ("get", "post")


class Address(NamedTuple):
    """One entry of the URL configuration that takes arguments."""

    route: str
    name: str
    arguments: tuple[str, ...]

    def filled(self, values: dict[str, Any]) -> str:
        """The path, with a value in every place."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda place: str(values[place[1]]), self.route)


def addresses(
    patterns: Iterable[URLPattern | URLResolver] | None = None, prefix: str = ""
) -> Iterator[Address]:
    """Everything in the URL configuration that takes an argument."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, route)
            continue
        arguments = re.findall(r"<(?:\w+:)?(\w+)>", route)
        if arguments or entry.pattern.regex.groups:
            yield Address(route, entry.name or "", tuple(arguments))


ALL = list(addresses())
FOR_OPERATORS = [one for one in ALL if one.route.startswith(OPERATORS)]
FOR_MEMBERS = [one for one in ALL if one not in FOR_OPERATORS and one.name not in OPEN]


def title(address: Address) -> str:
    return address.name or address.route


class Objects:
    """One row of every kind that an address can name, all of them in Alice's team.

    To add a kind: a method with the argument's name, such as `job_id`. An API address says `pk`
    for every kind: its method is named after the first part of its path, such as `api_jobs`. An
    address that needs a row of its own has a method with its name and the argument's, such as
    `invitation_accept_invitation_id`.
    """

    def __init__(self, alice: User, team: Team) -> None:
        self.alice, self.team = alice, team
        self.project = factories.make_project(team)
        self.cluster = factories.make_cluster(self.project)
        self.job = factories.make_job(self.project, self.cluster)
        self.execution = factories.make_execution(self.job)
        self.plan = factories.make_plan(self.cluster)
        factories.make_chunks(self.execution, "one line\n")

    def values(self, address: Address) -> dict[str, Any]:
        """A value for every argument of an address; fails with what is to be done."""
        found = {}
        for argument in address.arguments:
            kind = f"api_{address.route.split('/')[1]}" if argument == "pk" else argument
            make = getattr(self, f"{address.name}_{kind}", None) or getattr(self, kind, None)
            if make is None:
                pytest.fail(
                    f"The address {address.route!r} takes {argument!r}, and this test has none: "
                    f"write a method `{kind}` in {__name__}.Objects that makes such a row in "
                    "Alice's team and returns its id. If the argument is a secret in itself and "
                    "no id, name the address in OPEN, with the reason."
                )
            found[argument] = make()
        return found

    def project_id(self) -> int:
        return self.project.pk

    def cluster_id(self) -> int:
        return self.cluster.pk

    def job_id(self) -> int:
        return self.job.pk

    def token_id(self) -> int:
        return tokens.create(self.alice, "laptop")[0].pk

    def seq(self) -> int:
        return 1

    def section(self) -> str:
        return "summary"

    def import_id(self) -> int:
        source = factories.make_source(self.project)
        row = FeedbackImport.objects.create(
            project=self.project, source=source, file_name="reviews.csv", created_by=self.alice
        )
        return row.pk

    def team_id(self) -> int:
        return self.team.pk

    def credential_id(self) -> int:
        # A provider that verifying does not call.
        row = Credential.objects.create(user=self.alice, provider="aws", last_four="abcd")
        keys.seal(row, "a-secret-of-this-test")
        row.save()
        return row.pk

    def membership_id(self) -> int:
        return factories.add_member(self.team, factories.make_user("dave")).pk

    def invitation_id(self) -> int:
        erin = factories.make_user("erin").username
        made = invitations.invite(self.alice, self.team, kind="username", login=erin, role="member")
        return made.pk

    def invitation_accept_invitation_id(self) -> int:
        frank = factories.make_user("frank")
        team = factories.make_team("Franks", owner=frank)
        made = invitations.invite(frank, team, kind="username", login="alice", role="member")
        return made.pk

    def kind(self) -> str:
        return "webhook"

    def source_id(self) -> int:
        return sources.create(
            self.alice, self.project, kind="webhook", name="Help desk", config={}
        ).pk

    def api_sources(self) -> int:
        return self.source_id()

    def comment_id(self) -> int:
        return plan_comments.add(self.alice, self.plan, "steps", "Which basket?").pk

    def question_id(self) -> int:
        (asked,) = questions.replace(self.plan, [Question("Which basket?")])
        return asked.pk

    def api_drafting_api_clusters(self) -> int:
        drafting.begin(self.alice, self.cluster, way="evidence", hint="")
        return self.cluster.pk

    def api_plan_comments(self) -> int:
        return self.comment_id()

    def api_plan_questions(self) -> int:
        return self.question_id()

    def artifact_id(self) -> int:
        row = Artifact(execution=self.execution, kind="prompt", name="prompt.md", size=5)
        row.media_type = "text/markdown"
        row.file.save("prompt", ContentFile(b"Hello"), save=True)
        return row.pk

    def pull_id(self) -> int:
        row = PullRequest.objects.create(
            project=self.project, cluster=self.cluster, job=self.job, number=1, title="Fix it"
        )
        return row.pk

    def change_id(self) -> int:
        change = surgery.lock(self.alice, self.cluster)
        assert change is not None
        return change.pk

    def api_changes(self) -> int:
        return self.change_id()

    def api_projects(self) -> int:
        return self.project.pk

    def api_clusters(self) -> int:
        return self.cluster.pk

    def api_jobs(self) -> int:
        return self.job.pk


@pytest.fixture
def objects(alice: User, team: Team) -> Objects:
    return Objects(alice, team)


def answers(client: Client, address: Address, path: str) -> dict[str, HttpResponse]:
    """What every method answers."""
    said = SAID.get(address.name)
    return {"get": client.get(path), "post": client.post(path, said)}  # type: ignore[dict-item]


def codes(client: Client, address: Address, path: str) -> set[int]:
    """The status of every method's answer."""
    return {answer.status_code for answer in answers(client, address, path).values()}


@pytest.mark.parametrize("address", FOR_MEMBERS, ids=title)
def test_an_address_with_an_id_tells_nothing_to_others(
    client: Client, mallory: User, objects: Objects, address: Address
) -> None:
    path = address.filled(objects.values(address))
    for method, answer in answers(client, address, path).items():
        assert answer.status_code in {302, 401, 403, 404, 405}, (method, path)
        assert answer.status_code != 302 or "/login/" in answer["Location"], (method, path)
    client.force_login(mallory)
    other = codes(client, address, path)
    # 405 says that the address has no such method, whether or not there is such a row.
    assert other <= {404, 405}, path
    assert 404 in other, path


@pytest.mark.parametrize("address", FOR_MEMBERS, ids=title)
def test_it_is_there_for_the_team(
    client: Client, alice: User, objects: Objects, address: Address
) -> None:
    """Or the test above would hold for an address that never finds anything."""
    client.force_login(alice)  # first: signing in accepts invitations
    path = address.filled(objects.values(address))
    assert codes(client, address, path) - {404, 405}, path


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
def test_operators_addresses_are_theirs_alone(client: Client, alice: User, method: str) -> None:
    assert len(FOR_OPERATORS) > 40
    for login in (False, True):
        if login:
            client.force_login(alice)
        for address in FOR_OPERATORS:
            places = re.sub(r"\(\?P<(\w+)>[^/]*\)", r"<\1>", address.route)
            path = re.sub(r"<(?:\w+:)?\w+>", "1", places).replace("^", "").replace("$", "")
            answer = getattr(client, method)(f"/{path}")
            assert answer.status_code == 302, path
            assert "/login/" in answer["Location"], path


def test_every_exception_is_still_there() -> None:
    assert {one.name for one in ALL} >= set(OPEN)


def test_a_new_kind_of_id_is_noticed(objects: Objects) -> None:
    new = Address("wishes/<int:wish_id>/", "wish", ("wish_id",))
    with pytest.raises(pytest.fail.Exception, match="write a method `wish_id`"):
        objects.values(new)


def test_a_new_kind_of_the_api_is_noticed(objects: Objects) -> None:
    new = Address("api/wishes/<int:pk>", "api_wish", ("pk",))
    with pytest.raises(pytest.fail.Exception, match="write a method `api_wishes`"):
        objects.values(new)
