"""The part of GraphQL that REST has no word for, executed by a real GraphQL library.

The schema below is an excerpt of GitHub's own; a test compares it with the published one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import graphql as library

from tests.stand_ins.github import pulls
from tests.stand_ins.github.http import Answer, Refused, json_answer
from tests.stand_ins.github.pull_shapes import can_merge
from tests.stand_ins.github.state import Pull, Repository, at_least, node_id
from tests.stand_ins.github.visits import Visit

SCHEMA = """
interface Node { id: ID! }
enum PullRequestState { CLOSED MERGED OPEN }
enum MergeableState { CONFLICTING MERGEABLE UNKNOWN }
scalar URI
scalar DateTime
scalar GitObjectID

type User implements Node { id: ID! login: String! databaseId: Int name: String }

type Repository implements Node {
  id: ID!
  databaseId: Int
  name: String!
  nameWithOwner: String!
  isPrivate: Boolean!
  isArchived: Boolean!
  url: URI!
  pullRequest(number: Int!): PullRequest
}

type PullRequest implements Node {
  id: ID!
  databaseId: Int
  number: Int!
  title: String!
  body: String!
  url: URI!
  isDraft: Boolean!
  merged: Boolean!
  state: PullRequestState!
  mergeable: MergeableState!
  headRefName: String!
  headRefOid: GitObjectID!
  baseRefName: String!
  baseRefOid: GitObjectID!
  createdAt: DateTime!
  updatedAt: DateTime!
  repository: Repository!
}

input MarkPullRequestReadyForReviewInput { clientMutationId: String pullRequestId: ID! }
input ConvertPullRequestToDraftInput { clientMutationId: String pullRequestId: ID! }
type MarkPullRequestReadyForReviewPayload { clientMutationId: String pullRequest: PullRequest }
type ConvertPullRequestToDraftPayload { clientMutationId: String pullRequest: PullRequest }

type Query {
  node(id: ID!): Node
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
  viewer: User!
}

type Mutation {
  markPullRequestReadyForReview(
    input: MarkPullRequestReadyForReviewInput!
  ): MarkPullRequestReadyForReviewPayload
  convertPullRequestToDraft(
    input: ConvertPullRequestToDraftInput!
  ): ConvertPullRequestToDraftPayload
}
"""


class _Failed(library.GraphQLError):
    """An error with GitHub's `type`, which stands beside the message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@lru_cache(maxsize=1)
def schema() -> library.GraphQLSchema:
    """The excerpt, built."""
    return library.build_schema(SCHEMA)


def answer(visit: Visit) -> Answer:
    """Execute what was posted. Errors come with status 200, as GitHub sends them."""
    if visit.token is None:
        raise Refused(401, "This endpoint requires you to be authenticated.")
    body = visit.body()
    if not isinstance(body.get("query"), str):
        raise Refused(400, "A query attribute must be specified and must be a string.")
    done = library.graphql_sync(
        schema(),
        body["query"],
        root_value=_Root(visit),
        variable_values=body.get("variables") or {},
        operation_name=body.get("operationName"),
    )
    shape: dict[str, Any] = {} if done.data is None else {"data": done.data}
    if done.errors:
        shape["errors"] = [_error(each) for each in done.errors]
    return json_answer(shape)


def _error(error: library.GraphQLError) -> dict[str, Any]:
    shape: dict[str, Any] = dict(error.formatted)
    if isinstance(error.original_error, _Failed):
        shape["type"] = error.original_error.kind
    elif isinstance(error, _Failed):
        shape["type"] = error.kind
    return shape


class _Root:
    """Queries and mutations, with the rights of the token."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def viewer(self, _info: object) -> dict[str, Any]:
        me = self._visit.state.account(self._visit.viewer)
        return {
            "__typename": "User",
            "id": node_id("U", me.id),
            "databaseId": me.id,
            "login": me.login,
            "name": me.name or None,
        }

    def node(self, _info: object, id: str) -> dict[str, Any]:
        return self._pull_shape(*self._find(id))

    def repository(
        self,
        _info: object,
        owner: str,
        name: str,
        followRenames: bool = True,  # noqa: N803
    ) -> dict[str, Any]:
        it = self._visit.state.find(f"{owner}/{name}")
        stale = it is not None and it.full_name.lower() != f"{owner}/{name}".lower()
        if it is None or not self._sees(it) or (stale and not followRenames):
            text = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise _Failed("NOT_FOUND", text)
        return self._repository_shape(it)

    def markPullRequestReadyForReview(  # noqa: N802
        self, _info: object, input: dict[str, Any]
    ) -> dict[str, Any]:
        return self._set_draft(input, draft=False)

    def convertPullRequestToDraft(  # noqa: N802
        self, _info: object, input: dict[str, Any]
    ) -> dict[str, Any]:
        return self._set_draft(input, draft=True)

    def _set_draft(self, wanted: dict[str, Any], *, draft: bool) -> dict[str, Any]:
        it, pull = self._find(wanted["pullRequestId"])
        visit = self._visit
        right = visit.state.right_of(visit.viewer, it)
        if it.archived or not (at_least(right, "write") or pull.author == visit.viewer):
            raise _Failed("FORBIDDEN", f"{visit.viewer} does not have the correct permissions")
        if pull.state != "open":
            raise _Failed("UNPROCESSABLE", "Pull request is closed")
        if draft and not it.drafts_supported:
            raise _Failed(
                "UNPROCESSABLE", "Draft pull requests are not supported in this repository."
            )
        pulls.set_draft(visit.state, visit.hooks, it, pull, visit.viewer, draft)
        return {
            "clientMutationId": wanted.get("clientMutationId"),
            "pullRequest": self._pull_shape(it, pull),
        }

    def _find(self, name: str) -> tuple[Repository, Pull]:
        for it in self._visit.state.repositories.values():
            for pull in it.pulls.values():
                if pull.node_id == name and self._sees(it):
                    return it, pull
        raise _Failed("NOT_FOUND", f"Could not resolve to a node with the global id of '{name}'.")

    def _sees(self, it: Repository) -> bool:
        token = self._visit.token
        assert token
        owner = self._visit.state.account(it.owner)
        if owner.sso and owner.login not in token.sso:
            raise _Failed("FORBIDDEN", "Resource protected by organization SAML enforcement.")
        right = self._visit.state.right_of(token.login, it)
        return at_least(right, "read") and (not it.private or token.may("repo"))

    def _repository_shape(self, it: Repository) -> dict[str, Any]:
        return {
            "__typename": "Repository",
            "id": node_id("R", it.id),
            "databaseId": it.id,
            "name": it.name,
            "nameWithOwner": it.full_name,
            "isPrivate": it.private,
            "isArchived": it.archived,
            "url": self._visit.links.page(it),
            "pullRequest": lambda _info, number: self._numbered(it, number),
        }

    def _numbered(self, it: Repository, number: int) -> dict[str, Any]:
        if number not in it.pulls:
            raise _Failed(
                "NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}."
            )
        return self._pull_shape(it, it.pulls[number])

    def _pull_shape(self, it: Repository, pull: Pull) -> dict[str, Any]:
        fits = {None: "UNKNOWN", True: "MERGEABLE", False: "CONFLICTING"}
        return {
            "__typename": "PullRequest",
            "id": pull.node_id,
            "databaseId": pull.id,
            "number": pull.number,
            "title": pull.title,
            "body": pull.body or "",
            "url": f"{self._visit.links.page(it)}/pull/{pull.number}",
            "isDraft": pull.draft,
            "merged": pull.merged_at is not None,
            "state": "MERGED" if pull.merged_at else pull.state.upper(),
            "mergeable": lambda _info: fits[can_merge(it, pull)],
            "headRefName": pull.head,
            "headRefOid": pull.head_sha,
            "baseRefName": pull.base,
            "baseRefOid": pull.base_sha,
            "createdAt": pull.created_at,
            "updatedAt": pull.updated_at,
            "repository": lambda _info: self._repository_shape(it),
        }
