"""Pull requests over REST."""

from __future__ import annotations

from tests.stand_ins.github import bare, diffs, pull_shapes, pulls, shapes
from tests.stand_ins.github.http import Answer, Refused, json_answer
from tests.stand_ins.github.repository_shapes import commit
from tests.stand_ins.github.shapes import Json
from tests.stand_ins.github.state import Pull, Repository, at_least
from tests.stand_ins.github.visits import (
    Routes,
    Visit,
    check_length,
    invalid,
    page,
    pull,
    repository,
)

routes = Routes()
_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = _PULLS + "/{pull_number}"


@routes.on("GET", _PULLS)
def list_pulls(visit: Visit) -> Answer:
    it = repository(visit)
    query = visit.request.query
    wanted = query.get("state", "open")
    found = [each for each in it.pulls.values() if wanted in {"all", each.state}]
    if head := query.get("head"):
        # GitHub leaves a head without its owner out of account and lists everything.
        owner, colon, branch = head.partition(":")
        if colon:
            found = [p for p in found if (it.owner.lower(), p.head) == (owner.lower(), branch)]
    if base := query.get("base"):
        found = [each for each in found if each.base == base]
    key = query.get("sort", "created")
    newest_first = query.get("direction", "desc" if key == "created" else "asc") == "desc"
    found.sort(
        key=lambda each: (each.updated_at if key == "updated" else each.created_at, each.number),
        reverse=newest_first,
    )
    return page(visit, found, lambda each: _simple(visit, it, each))


@routes.on("POST", _PULLS)
def create_pull(visit: Visit) -> Answer:
    it = repository(visit)
    author = visit.viewer
    body = visit.body()
    for field in ("head", "base", "title"):
        if not body.get(field):
            raise invalid("PullRequest", field, "missing_field")
    if not at_least(visit.state.right_of(author, it), "write"):
        raise invalid("PullRequest", message="must be a collaborator")
    repository(visit, write=True)
    check_length("PullRequest", body)
    wanted = pulls.Proposal(
        body["head"], body["base"], body["title"], body.get("body"), body.get("draft") is True
    )
    opened = pulls.open_pull(visit.state, visit.hooks, it, author, wanted)
    # Whether it can be merged is found out later there, by a job of its own.
    unknown = {"mergeable": None, "rebaseable": None, "mergeable_state": "unknown"}
    return json_answer(_whole(visit, it, opened) | unknown, 201)


@routes.on("GET", _PULL)
def get_pull(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    accept = visit.request.headers.get("accept", "")
    if "diff" in accept or "patch" in accept:
        kind = "diff" if "diff" in accept else "patch"
        text = diffs.text(it.path, found.base_sha, found.head_sha, kind)
        content_type = f"application/vnd.github.{kind}; charset=utf-8"
        return Answer(200, text.encode(), {"Content-Type": content_type})
    return json_answer(_whole(visit, it, found))


@routes.on("PATCH", _PULL)
def update_pull(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    if visit.viewer != found.author:
        repository(visit, write=True)
    elif it.archived:
        raise Refused(403, "Repository was archived so is read-only.")
    body = visit.body()
    check_length("PullRequest", body)
    pulls.edit(
        visit.state,
        visit.hooks,
        it,
        found,
        visit.viewer,
        title=body.get("title"),
        body=body.get("body"),
    )
    if body.get("state") == "closed":
        pulls.close(visit.state, visit.hooks, it, found, visit.viewer)
    elif body.get("state") == "open":
        pulls.reopen(visit.state, visit.hooks, it, found, visit.viewer)
    return json_answer(_whole(visit, it, found))


@routes.on("GET", _PULL + "/files")
def list_files(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    entries = diffs.entries(visit.links, it, found.base_sha, found.head_sha)
    return page(visit, entries, dict)


@routes.on("GET", _PULL + "/commits")
def list_commits(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    names = bare.git(
        it.path, "rev-list", "--reverse", f"{found.base_sha}..{found.head_sha}", "--"
    ).split()
    return page(visit, names, lambda sha: commit(visit.links, visit.state, it, sha))


@routes.on("GET", _PULL + "/merge")
def is_merged(visit: Visit) -> Answer:
    it = repository(visit)
    if pull(visit, it).merged_at is None:
        raise Refused(404, "Not Found")
    return Answer(204)


@routes.on("PUT", _PULL + "/merge")
def merge(visit: Visit) -> Answer:
    it = repository(visit, write=True)
    body = visit.body() if visit.request.body.strip() else {}
    wish = pulls.MergeWish(
        body.get("merge_method", "merge"),
        body.get("commit_title"),
        body.get("commit_message"),
        body.get("sha"),
    )
    sha = pulls.merge(visit.state, visit.hooks, it, pull(visit, it), visit.viewer, wish)
    return json_answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@routes.on("GET", _PULL + "/requested_reviewers")
def list_reviewers(visit: Visit) -> Answer:
    it = repository(visit)
    users = [
        shapes.account(visit.links, visit.state.account(login))
        for login in pull(visit, it).reviewers
    ]
    return json_answer({"users": users, "teams": []})


@routes.on("POST", _PULL + "/requested_reviewers")
def request_reviewers(visit: Visit) -> Answer:
    it = repository(visit, write=True)
    found = pull(visit, it)
    wanted = visit.body().get("reviewers", [])
    for login in wanted:
        if login == found.author:
            raise Refused(422, "Review cannot be requested from pull request author.")
        if login.lower() not in visit.state.accounts or not at_least(
            visit.state.right_of(login, it), "read"
        ):
            raise Refused(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or"
                f" teams you specified is not a collaborator of the {it.full_name} repository.",
            )
    for login in wanted:
        if login not in found.reviewers:
            found.reviewers.append(login)
            asked = shapes.account(visit.links, visit.state.account(login))
            visit.hooks.pull(it, found, "review_requested", visit.viewer, requested_reviewer=asked)
    return json_answer(_simple(visit, it, found), 201)


@routes.on("DELETE", _PULL + "/requested_reviewers")
def remove_reviewers(visit: Visit) -> Answer:
    it = repository(visit, write=True)
    found = pull(visit, it)
    gone = set(visit.body().get("reviewers", []))
    found.reviewers = [login for login in found.reviewers if login not in gone]
    return json_answer(_simple(visit, it, found))


def _simple(visit: Visit, it: Repository, found: Pull) -> Json:
    return pull_shapes.simple_pull(visit.links, visit.state, it, found)


def _whole(visit: Visit, it: Repository, found: Pull) -> Json:
    return pull_shapes.pull_request(visit.links, visit.state, it, found)
