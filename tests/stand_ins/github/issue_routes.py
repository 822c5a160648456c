"""Labels, comments and reactions: what GitHub keeps under "issues" for pull requests too."""

from __future__ import annotations

from tests.stand_ins.github import issue_shapes, pull_shapes
from tests.stand_ins.github.http import Answer, Refused, json_answer
from tests.stand_ins.github.issue_list_routes import threads
from tests.stand_ins.github.issue_shapes import Thread
from tests.stand_ins.github.shapes import Json
from tests.stand_ins.github.state import (
    Comment,
    Label,
    LineComment,
    Pull,
    Reaction,
    Repository,
    State,
)
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
_REPO = "/repos/{owner}/{repo}"
_ISSUE = _REPO + "/issues/{issue_number}"
_COMMENT = _REPO + "/issues/comments/{comment_id}"
_REACTIONS = {"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}


def _issue(visit: Visit, it: Repository) -> Thread:
    number = visit.params["issue_number"]
    if number.isdigit() and int(number) in it.issues:
        return it.issues[int(number)]
    return pull(visit, it, "issue_number")


@routes.on("GET", _ISSUE)
def get_issue(visit: Visit) -> Answer:
    it = repository(visit)
    return json_answer(issue_shapes.thread(visit.links, visit.state, it, _issue(visit, it)))


def ensure_label(state: State, it: Repository, name: str) -> Label:
    """The label of that name; made when it is new, and not too long."""
    if len(name) > 50:
        raise invalid("Label", "name", message="is too long (maximum is 50 characters)")
    return it.labels.setdefault(name.lower(), Label(state.next_id(), name))


def _labels(visit: Visit, it: Repository, found: Thread) -> Answer:
    return json_answer([pull_shapes.label(visit.links, it, name) for name in found.labels])


def _wanted_labels(visit: Visit) -> list[str]:
    body = visit.request.json()
    wanted = body.get("labels") if isinstance(body, dict) else body
    if not isinstance(wanted, list):
        raise invalid("Label", "labels", "missing_field")
    return [each["name"] if isinstance(each, dict) else str(each) for each in wanted]


@routes.on("GET", _ISSUE + "/labels")
def list_labels(visit: Visit) -> Answer:
    it = repository(visit)
    return _labels(visit, it, _issue(visit, it))


@routes.on("POST", _ISSUE + "/labels")
def add_labels(visit: Visit) -> Answer:
    it = repository(visit, "triage")
    found = _issue(visit, it)
    for wanted in _wanted_labels(visit):
        name = ensure_label(visit.state, it, wanted).name
        if name not in found.labels:
            found.labels.append(name)
            label = pull_shapes.label(visit.links, it, name)
            if isinstance(found, Pull):
                visit.hooks.pull(it, found, "labeled", visit.viewer, label=label)
    return _labels(visit, it, found)


@routes.on("PUT", _ISSUE + "/labels")
def set_labels(visit: Visit) -> Answer:
    it = repository(visit, "triage")
    found = _issue(visit, it)
    found.labels = [ensure_label(visit.state, it, name).name for name in _wanted_labels(visit)]
    return _labels(visit, it, found)


@routes.on("DELETE", _ISSUE + "/labels/{name}")
def remove_label(visit: Visit) -> Answer:
    it = repository(visit, "triage")
    found = _issue(visit, it)
    gone = [name for name in found.labels if name.lower() == visit.params["name"].lower()]
    if not gone:
        raise Refused(404, "Label does not exist")
    found.labels.remove(gone[0])
    return _labels(visit, it, found)


@routes.on("POST", _REPO + "/labels")
def create_label(visit: Visit) -> Answer:
    it = repository(visit, "triage")
    body = visit.body()
    name = str(body.get("name", ""))
    if not name:
        raise invalid("Label", "name", "missing_field")
    if name.lower() in it.labels:
        raise invalid("Label", "name", "already_exists")
    label = ensure_label(visit.state, it, name)
    label.color = body.get("color", label.color)
    label.description = body.get("description") or ""
    return json_answer(pull_shapes.label(visit.links, it, name), 201)


@routes.on("GET", _ISSUE + "/comments")
def list_comments(visit: Visit) -> Answer:
    it = repository(visit)
    found = _issue(visit, it)
    return page(visit, found.comments, lambda said: _comment(visit, it, found, said))


@routes.on("POST", _ISSUE + "/comments")
def create_comment(visit: Visit) -> Answer:
    it = repository(visit)
    author = visit.viewer
    if it.archived:
        raise Refused(403, "Repository was archived so is read-only.")
    found = _issue(visit, it)
    check_length("IssueComment", visit.body())
    body = visit.body().get("body")
    if not isinstance(body, str) or not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    now = visit.state.now()
    said = Comment(visit.state.next_id(), author, body, now, now)
    found.comments.append(said)
    return json_answer(_comment(visit, it, found, said), 201)


@routes.on("GET", _COMMENT)
def get_comment(visit: Visit) -> Answer:
    it = repository(visit)
    return json_answer(_comment(visit, it, *_find_comment(visit, it)))


@routes.on("PATCH", _COMMENT)
def update_comment(visit: Visit) -> Answer:
    it, found, said = _own_comment(visit)
    said.body = str(visit.body().get("body", ""))
    said.updated_at = visit.state.now()
    return json_answer(_comment(visit, it, found, said))


@routes.on("DELETE", _COMMENT)
def delete_comment(visit: Visit) -> Answer:
    _, found, said = _own_comment(visit)
    found.comments.remove(said)
    return Answer(204)


def _own_comment(visit: Visit) -> tuple[Repository, Thread, Comment]:
    it = repository(visit)
    found, said = _find_comment(visit, it)
    if said.author != visit.viewer:
        repository(visit, write=True)
    return it, found, said


def _find_comment(visit: Visit, it: Repository) -> tuple[Thread, Comment]:
    for found in threads(it):
        for said in found.comments:
            if str(said.id) == visit.params["comment_id"]:
                return found, said
    raise Refused(404, "Not Found")


def _comment(visit: Visit, it: Repository, found: Thread, said: Comment) -> Json:
    return issue_shapes.comment(visit.links, visit.state, it, found, said)


@routes.on("GET", _ISSUE + "/reactions")
def list_reactions(visit: Visit) -> Answer:
    it = repository(visit)
    return _reactions(visit, _issue(visit, it))


@routes.on("POST", _ISSUE + "/reactions")
def react(visit: Visit) -> Answer:
    it = repository(visit)
    return _react(visit, _issue(visit, it))


@routes.on("GET", _COMMENT + "/reactions")
def list_comment_reactions(visit: Visit) -> Answer:
    return _reactions(visit, _find_comment(visit, repository(visit))[1])


@routes.on("POST", _COMMENT + "/reactions")
def react_to_comment(visit: Visit) -> Answer:
    return _react(visit, _find_comment(visit, repository(visit))[1])


@routes.on("POST", _REPO + "/pulls/comments/{comment_id}/reactions")
def react_to_line_comment(visit: Visit) -> Answer:
    it = repository(visit)
    for found in it.pulls.values():
        for said in found.line_comments:
            if str(said.id) == visit.params["comment_id"]:
                return _react(visit, said)
    raise Refused(404, "Not Found")


def _reactions(visit: Visit, to: Thread | Comment | LineComment) -> Answer:
    return page(
        visit,
        to.reactions,
        lambda given: pull_shapes.reaction(visit.links, visit.state, given),
    )


def _react(visit: Visit, to: Thread | Comment | LineComment) -> Answer:
    content = visit.body().get("content")
    if content not in _REACTIONS:
        raise invalid("Reaction", "content", "invalid")
    author = visit.viewer
    for given in to.reactions:
        if (given.author, given.content) == (author, content):
            return json_answer(pull_shapes.reaction(visit.links, visit.state, given))
    given = Reaction(visit.state.next_id(), author, content, visit.state.now())
    to.reactions.append(given)
    return json_answer(pull_shapes.reaction(visit.links, visit.state, given), 201)
