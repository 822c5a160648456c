"""GraphQL: executed with the rights of the token, and an honest excerpt of GitHub's schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import graphql as library
import pytest
import requests

from tests.stand_ins.github.graphql import SCHEMA
from tests.stand_ins.github.npm import Unavailable, fetch
from tests.stand_ins.github.server import GitHubServer

READY = """
mutation($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft number } }
}
"""


def ask(github: GitHubServer, token: str, query: str, **variables: Any) -> dict[str, Any]:
    answer = requests.post(
        github.graphql_url,
        headers={"Authorization": f"Bearer {token}"},
        json={"query": query, "variables": variables},
    )
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


@pytest.fixture
def alice(github: GitHubServer) -> str:
    """A token of alice, with one draft in her repository."""
    token = github.add_user("alice")
    github.add_repository("alice/app")
    github.commit("alice/app", {"x": "x"}, branch="fix")
    github.open_pull("alice/app", "fix", draft=True)
    return token


def test_a_draft_is_made_ready(github: GitHubServer, alice: str) -> None:
    query = (
        """{ repository(owner: "alice", name: "app") { pullRequest(number: 1) { id isDraft } } }"""
    )
    pull = ask(github, alice, query)["data"]["repository"]["pullRequest"]
    assert pull["isDraft"]
    said = ask(github, alice, READY, id=pull["id"])
    ready = said["data"]["markPullRequestReadyForReview"]["pullRequest"]
    assert ready == {"isDraft": False, "number": 1}
    node = "query($id: ID!) { node(id: $id) { ... on PullRequest { state mergeable } } }"
    assert ask(github, alice, node, id=pull["id"])["data"]["node"] == {
        "state": "OPEN",
        "mergeable": "MERGEABLE",
    }


def test_a_stranger_finds_no_node_and_a_reader_may_not(github: GitHubServer, alice: str) -> None:
    stranger, reader = github.add_user("mallory"), github.add_user("rob")
    github.grant("alice/app", "rob", "read")
    name = github.repository("alice/app").pulls[1].node_id
    kinds = [ask(github, who, READY, id=name)["errors"][0]["type"] for who in (stranger, reader)]
    assert kinds == ["NOT_FOUND", "FORBIDDEN"]
    assert github.repository("alice/app").pulls[1].draft


def test_without_a_good_token_there_is_nothing(github: GitHubServer) -> None:
    for headers in ({}, {"Authorization": "Bearer nope"}):
        answer = requests.post(
            github.graphql_url, headers=headers, json={"query": "{ viewer { id } }"}
        )
        assert answer.status_code == 401


def test_a_field_that_github_does_not_have_is_an_error(github: GitHubServer, alice: str) -> None:
    said = ask(github, alice, "{ viewer { shoeSize } }")
    assert said["errors"][0]["message"] == "Cannot query field 'shoeSize' on type 'User'."


def test_the_excerpt_is_part_of_the_published_schema() -> None:
    try:
        file = fetch("@octokit/graphql-schema", "15.26.1", "schema.graphql")
    except Unavailable as missing:
        pytest.skip(str(missing))
    published = set(facts(library.parse(file.read_text(), no_location=True)))
    ours = set(facts(library.parse(SCHEMA, no_location=True)))
    assert ours - published == set()


def facts(document: library.DocumentNode) -> Iterator[str]:
    """Every field, argument and value of a schema as a line of its own."""
    for definition in document.definitions:
        name = getattr(definition, "name", None)
        if name is None:
            continue
        yield name.value
        for part in (
            *(getattr(definition, "fields", None) or ()),
            *(getattr(definition, "values", None) or ()),
        ):
            kind = f": {library.print_ast(part.type)}" if hasattr(part, "type") else ""
            yield f"{name.value}.{part.name.value}{kind}"
            for argument in getattr(part, "arguments", None) or ():
                wanted = library.print_ast(argument.type)
                yield f"{name.value}.{part.name.value}({argument.name.value}: {wanted})"
