"""Statuses and check runs of commits, over REST."""

from __future__ import annotations

from tests.stand_ins.github import bare, shapes
from tests.stand_ins.github.http import Answer, Refused, json_answer
from tests.stand_ins.github.shapes import Json
from tests.stand_ins.github.state import CheckRun, Repository, Status, node_id
from tests.stand_ins.github.visits import (
    Routes,
    Visit,
    cut,
    invalid,
    link_header,
    page,
    repository,
)

routes = Routes()
_REPO = "/repos/{owner}/{repo}"
_BAD = {"failure", "error"}


def _commit(visit: Visit, it: Repository, name: str) -> str:
    sha = bare.commit_of(it.path, name)
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {name}")
    return sha


@routes.on("POST", _REPO + "/statuses/{sha}")
def create_status(visit: Visit) -> Answer:
    it = repository(visit, write=True)
    body = visit.body()
    if body.get("state") not in {"error", "failure", "pending", "success"}:
        raise invalid("Status", "state", "invalid")
    sha = _commit(visit, it, visit.params["sha"])
    status = Status(
        visit.state.next_id(),
        body["state"],
        body.get("context", "default"),
        body.get("description"),
        body.get("target_url"),
        visit.viewer,
        visit.state.now(),
    )
    it.statuses.setdefault(sha, []).append(status)
    return json_answer(_status(visit, it, sha, status), 201)


@routes.on("GET", _REPO + "/commits/{ref}/statuses")
def list_statuses(visit: Visit) -> Answer:
    it = repository(visit)
    sha = _commit(visit, it, visit.params["ref"])
    newest_first = it.statuses.get(sha, [])[::-1]
    return page(visit, newest_first, lambda status: _status(visit, it, sha, status))


@routes.on("GET", _REPO + "/commits/{ref}/status")
def combined_status(visit: Visit) -> Answer:
    it = repository(visit)
    sha = _commit(visit, it, visit.params["ref"])
    latest = {status.context: status for status in it.statuses.get(sha, [])}
    states = {status.state for status in latest.values()}
    good = "success" if states == {"success"} else "pending"
    own = f"{visit.links.repository(it)}/commits/{sha}"
    return json_answer(
        {
            "state": "failure" if states & _BAD else good,
            "statuses": [_status(visit, it, sha, each) for each in latest.values()],
            "sha": sha,
            "total_count": len(latest),
            "repository": shapes.repository(visit.links, visit.state, it),
            "commit_url": own,
            "url": f"{own}/status",
        }
    )


def _status(visit: Visit, it: Repository, sha: str, status: Status) -> Json:
    creator = visit.state.account(status.creator)
    return {
        "url": f"{visit.links.repository(it)}/statuses/{sha}",
        "avatar_url": f"{visit.links.web}/avatars/u/{creator.id}?v=4",
        "id": status.id,
        "node_id": node_id("SC", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "creator": shapes.account(visit.links, creator),
    }


@routes.on("GET", _REPO + "/commits/{ref}/check-runs")
def list_check_runs(visit: Visit) -> Answer:
    it = repository(visit)
    sha = _commit(visit, it, visit.params["ref"])
    query = visit.request.query
    runs = [
        run
        for run in it.check_runs.get(sha, [])
        if query.get("check_name", run.name) == run.name
        and query.get("status", run.status) == run.status
    ]
    shown = [_run(visit, it, run) for run in cut(visit, runs)]
    answer = json_answer({"total_count": len(runs), "check_runs": shown})
    answer.headers.update(link_header(visit, len(runs)))
    return answer


@routes.on("GET", _REPO + "/check-runs/{check_run_id}")
def get_check_run(visit: Visit) -> Answer:
    it = repository(visit)
    return json_answer(_run(visit, it, _find(visit, it)))


@routes.on("POST", _REPO + "/check-runs")
def create_check_run(visit: Visit) -> Answer:
    _apps_only(visit)
    it = repository(visit, write=True)
    body = visit.body()
    if not body.get("name"):
        raise invalid("CheckRun", "name", "missing_field")
    sha = _commit(visit, it, str(body.get("head_sha", "")))
    run = CheckRun(
        visit.state.next_id(),
        body["name"],
        sha,
        "queued",
        None,
        None,
        "",
        visit.state.now(),
        None,
        {},
    )
    _change(visit, run, body)
    it.check_runs.setdefault(sha, []).append(run)
    return json_answer(_run(visit, it, run), 201)


@routes.on("PATCH", _REPO + "/check-runs/{check_run_id}")
def update_check_run(visit: Visit) -> Answer:
    _apps_only(visit)
    it = repository(visit, write=True)
    run = _find(visit, it)
    _change(visit, run, visit.body())
    return json_answer(_run(visit, it, run))


def _apps_only(visit: Visit) -> None:
    if visit.token is None or not visit.token.value.startswith("ghs_"):
        raise Refused(403, "You must authenticate via a GitHub App.")


def _change(visit: Visit, run: CheckRun, body: Json) -> None:
    run.status = body.get("status", run.status)
    run.details_url = body.get("details_url", run.details_url)
    run.external_id = body.get("external_id", run.external_id)
    run.output |= body.get("output", {})
    if body.get("conclusion"):
        run.status, run.conclusion = "completed", body["conclusion"]
        run.completed_at = body.get("completed_at") or visit.state.now()


def _find(visit: Visit, it: Repository) -> CheckRun:
    for runs in it.check_runs.values():
        for run in runs:
            if str(run.id) == visit.params["check_run_id"]:
                return run
    raise Refused(404, "Not Found")


def _run(visit: Visit, it: Repository, run: CheckRun) -> Json:
    own = f"{visit.links.repository(it)}/check-runs/{run.id}"
    return {
        "id": run.id,
        "node_id": node_id("CR", run.id),
        "head_sha": run.head_sha,
        "name": run.name,
        "url": own,
        "html_url": f"{visit.links.page(it)}/runs/{run.id}",
        "details_url": run.details_url,
        "external_id": run.external_id,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "check_suite": {"id": run.id},
        "app": None,
        "pull_requests": [],
        "output": {
            "title": run.output.get("title"),
            "summary": run.output.get("summary"),
            "text": run.output.get("text"),
            "annotations_count": 0,
            "annotations_url": f"{own}/annotations",
        },
    }
