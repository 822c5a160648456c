"""Calls that must not be done twice: after an uncertain answer we look before asking again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clusters.forges.base import Pull
from clusters.forges.github.api import Api, Json
from clusters.forges.github.errors import GitHubError

# Seconds before the next try: GitHub learns of a push a moment after the push has ended.
_PAUSES: Sequence[float] = (1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request to be opened."""

    branch: str
    base_branch: str
    title: str
    body: str
    draft: bool

    def document(self) -> dict[str, Any]:
        """What GitHub is sent."""
        return {
            "head": self.branch,
            "base": self.base_branch,
            "title": self.title,
            "body": self.body,
            "draft": self.draft,
        }


def open_once(api: Api, wanted: Proposal, *, pushed: bool) -> Pull:
    """The pull request, opened now or there already. `pushed`: the branch is surely there."""
    for pause in (*_PAUSES, None):
        try:
            answer = api.client.call("POST", api.path("pulls"), body=wanted.document())
            return api.tell(answer.data)
        except GitHubError as error:
            if error.code == "pr_exists" or error.uncertain:
                if found := _open_one(api, wanted):
                    return api.tell(found)
            elif error.code != "branch_not_found" or not pushed:
                raise
            if pause is None:
                raise
        api.client.pause(pause)
    raise AssertionError("the last attempt returns or raises")


def _open_one(api: Api, wanted: Proposal) -> Json | None:
    listed = api.pulls_of(wanted.branch, "open")
    return next((data for data in listed if data["base"]["ref"] == wanted.base_branch), None)


def say_once(api: Api, number: int, text: str) -> None:
    """Put a comment below a pull request."""
    path = api.path(f"issues/{number}/comments")
    for pause in (*_PAUSES, None):
        try:
            api.client.call("POST", path, body={"body": text})
        except GitHubError as error:
            if not error.uncertain:
                raise
            if any(remark.text == text for remark in api.comments(number)):
                return
            if pause is None:
                raise
            api.client.pause(pause)
        else:
            return


def merge(api: Api, pull: Pull) -> None:
    """Merge a pull request as it was last seen; raises GitHubError."""
    path = api.path(f"pulls/{pull.number}/merge")
    try:
        api.client.call("PUT", path, body={"sha": pull.head_sha, "merge_method": "merge"})
    except GitHubError as error:
        # An answer that was lost looks like a refusal when the same is asked again.
        if error.status in {405, 409} and api.pull(pull.number).get("merged_at"):
            return
        raise _not_merged(error, pull) from None


def _not_merged(error: GitHubError, pull: Pull) -> GitHubError:
    words = str(error).lower()
    if error.status == 409:
        said = f"{pull.branch} has moved in the meantime: look at it again, then merge."
        return GitHubError("base_moved", said, fix_url=pull.url)
    if error.status != 405:
        return error
    if "draft" in words:
        return GitHubError("pr_is_draft", "It is still a draft: mark it ready first.")
    if "not mergeable" in words or "conflict" in words:
        said = (
            f"{pull.branch} cannot be merged into {pull.base_branch} as it is: update it with "
            f"{pull.base_branch}, then try again."
        )
        return GitHubError("merge_conflict", said, fix_url=pull.url)
    return GitHubError("merge_blocked", str(error), fix_url=pull.url)
