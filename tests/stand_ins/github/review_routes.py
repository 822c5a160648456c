"""Reviews and remarks on lines, over REST."""

from __future__ import annotations

from tests.stand_ins.github import bare, diffs, pull_shapes
from tests.stand_ins.github.http import Answer, Refused, json_answer
from tests.stand_ins.github.shapes import Json
from tests.stand_ins.github.state import LineComment, Pull, Repository, Review
from tests.stand_ins.github.visits import Routes, Visit, invalid, page, pull, repository

routes = Routes()
_PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
_STATES = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


@routes.on("GET", _PULL + "/reviews")
def list_reviews(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    return page(visit, found.reviews, lambda given: _review(visit, it, found, given))


@routes.on("POST", _PULL + "/reviews")
def create_review(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    author = visit.viewer
    body = visit.body()
    event = body.get("event", "")
    text = body.get("body") or ""
    if event not in _STATES:
        raise invalid("PullRequestReview", "event", "invalid")
    if event != "COMMENT" and author == found.author:
        word = "approve" if event == "APPROVE" else "request changes on"
        raise Refused(422, "Unprocessable Entity", [f"Can not {word} your own pull request"])
    remarks = body.get("comments") or []
    if event != "APPROVE" and not text and not remarks:
        raise Refused(422, "Unprocessable Entity", ["Could not create a review without a body"])
    given = Review(
        visit.state.next_id(),
        author,
        text,
        _STATES[event],
        body.get("commit_id") or found.head_sha,
        visit.state.now(),
    )
    said = [_remark(visit, it, found, remark, given) for remark in remarks]
    found.reviews.append(given)
    found.line_comments.extend(said)
    return json_answer(_review(visit, it, found, given))


@routes.on("GET", _PULL + "/comments")
def list_line_comments(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    return page(visit, found.line_comments, lambda said: _comment(visit, it, found, said))


@routes.on("POST", _PULL + "/comments")
def create_line_comment(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    body = visit.body()
    if "in_reply_to" in body:
        return _reply(visit, it, found, str(body["in_reply_to"]), str(body.get("body", "")))
    commit = str(body.get("commit_id", ""))
    if bare.commit_of(it.path, commit) != commit:
        raise invalid("PullRequestReviewComment", "commit_id", "invalid")
    given = Review(visit.state.next_id(), visit.viewer, "", "COMMENTED", commit, visit.state.now())
    said = _remark(visit, it, found, body, given)
    found.reviews.append(given)
    found.line_comments.append(said)
    return json_answer(_comment(visit, it, found, said), 201)


@routes.on("POST", _PULL + "/comments/{comment_id}/replies")
def reply(visit: Visit) -> Answer:
    it = repository(visit)
    found = pull(visit, it)
    text = str(visit.body().get("body", ""))
    return _reply(visit, it, found, visit.params["comment_id"], text)


def _reply(visit: Visit, it: Repository, found: Pull, to: str, text: str) -> Answer:
    first = next((said for said in found.line_comments if str(said.id) == to), None)
    if first is None:
        raise Refused(404, "Not Found")
    said = LineComment(
        visit.state.next_id(),
        first.review_id,
        visit.viewer,
        text,
        first.path,
        first.line,
        first.side,
        first.commit_id,
        first.diff_hunk,
        visit.state.now(),
        in_reply_to=first.in_reply_to or first.id,
    )
    found.line_comments.append(said)
    return json_answer(_comment(visit, it, found, said), 201)


def _remark(visit: Visit, it: Repository, found: Pull, wanted: Json, review: Review) -> LineComment:
    path, line, side = wanted.get("path"), wanted.get("line"), wanted.get("side", "RIGHT")
    entries = diffs.entries(visit.links, it, found.base_sha, review.commit_id)
    patch = next((entry.get("patch", "") for entry in entries if entry["filename"] == path), None)
    hunk = diffs.hunk_with(patch, line, side) if patch and isinstance(line, int) else None
    if hunk is None:
        raise _out_of_diff(visit, "path" if patch is None else "line")
    return LineComment(
        visit.state.next_id(),
        review.id,
        review.author,
        str(wanted.get("body", "")),
        str(path),
        int(wanted["line"]),
        side,
        review.commit_id,
        hunk,
        visit.state.now(),
    )


def _out_of_diff(visit: Visit, part: str) -> Refused:
    field = f"pull_request_review_thread.{part}"
    if visit.request.path.endswith("/reviews"):  # where errors are plain sentences
        return Refused(422, "Unprocessable Entity", [f"{part.capitalize()} could not be resolved"])
    return invalid(
        "PullRequestReviewComment", field, "invalid", f"{field} must be part of the diff"
    )


def _review(visit: Visit, it: Repository, found: Pull, given: Review) -> Json:
    return pull_shapes.review(visit.links, visit.state, it, found, given)


def _comment(visit: Visit, it: Repository, found: Pull, said: LineComment) -> Json:
    return pull_shapes.line_comment(visit.links, visit.state, it, found, said)
