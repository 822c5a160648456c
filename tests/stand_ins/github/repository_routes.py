"""Repositories, branches, references, commits and files over REST."""

from __future__ import annotations

from tests.stand_ins.github import bare, diffs, pulls, shapes
from tests.stand_ins.github import repository_shapes as git_shapes
from tests.stand_ins.github.http import Answer, Refused, json_answer
from tests.stand_ins.github.state import Repository, at_least
from tests.stand_ins.github.visits import Routes, Visit, cut, link_header, page, repository

routes = Routes()
_REPO = "/repos/{owner}/{repo}"


@routes.on("GET", _REPO)
def get_repository(visit: Visit) -> Answer:
    it = repository(visit)
    viewer = visit.token.login if visit.token else None
    return json_answer(shapes.repository(visit.links, visit.state, it, viewer))


@routes.on("GET", _REPO + "/collaborators/{username}/permission")
def get_permission(visit: Visit) -> Answer:
    it = repository(visit, "write")
    login = visit.params["username"]
    if login.lower() not in visit.state.accounts:
        raise Refused(404, f"{login} is not a user")
    right = visit.state.right_of(login, it)
    user = shapes.account(visit.links, visit.state.account(login))
    short = {"maintain": "write", "triage": "read"}.get(right, right)
    rights = shapes.permissions(right)
    user |= {"permissions": rights, "role_name": right}
    return json_answer({"permission": short, "role_name": right, "user": user})


@routes.on("GET", _REPO + "/branches")
def list_branches(visit: Visit) -> Answer:
    it = repository(visit)
    found = [
        pair
        for pair in bare.branches(it.path).items()
        if visit.request.query.get("protected", "") in {"", str(pair[0] in it.protection).lower()}
    ]
    return page(visit, found, lambda pair: git_shapes.short_branch(visit.links, it, *pair))


@routes.on("GET", _REPO + "/branches/{branch}")
def get_branch(visit: Visit) -> Answer:
    it = repository(visit)
    name = visit.params["branch"]
    sha = bare.branches(it.path).get(name)
    if sha is None:
        raise Refused(404, "Branch not found")
    return json_answer(git_shapes.branch(visit.links, visit.state, it, name, sha))


@routes.on("GET", _REPO + "/branches/{branch}/protection")
def get_protection(visit: Visit) -> Answer:
    it = repository(visit)
    name = visit.params["branch"]
    if not at_least(visit.state.right_of(visit.viewer, it), "admin"):
        raise Refused(404, "Not Found")
    if name not in bare.branches(it.path):
        raise Refused(404, "Branch not found")
    if name not in it.protection:
        raise Refused(404, "Branch not protected")
    return json_answer(git_shapes.protection(visit.links, it, name))


@routes.on("GET", _REPO + "/rules/branches/{branch}")
def list_rules(visit: Visit) -> Answer:
    """Rules of rulesets; what is here are the older branch protections, which it leaves out."""
    repository(visit)
    return json_answer([])


@routes.on("GET", _REPO + "/git/ref/{ref}")
def get_ref(visit: Visit) -> Answer:
    it = repository(visit)
    return json_answer(git_shapes.ref(visit.links, it, visit.params["ref"], _ref(visit, it)))


@routes.on("GET", _REPO + "/git/matching-refs/{ref}")
def matching_refs(visit: Visit) -> Answer:
    it = repository(visit)
    found = [
        (f"heads/{name}", sha)
        for name, sha in bare.branches(it.path).items()
        if f"heads/{name}".startswith(visit.params["ref"])
    ]
    return page(visit, found, lambda pair: git_shapes.ref(visit.links, it, *pair))


@routes.on("POST", _REPO + "/git/refs")
def create_ref(visit: Visit) -> Answer:
    it = repository(visit, write=True)
    body = visit.body()
    name = str(body.get("ref", "")).removeprefix("refs/heads/")
    sha = str(body.get("sha", ""))
    if name == body.get("ref") or not bare.is_branch_name(it.path, name):
        raise Refused(422, "Reference name is not valid.")
    if bare.commit_of(it.path, sha) != sha:
        raise Refused(422, "Object does not exist")
    if name in bare.branches(it.path):
        raise Refused(422, "Reference already exists")
    bare.move(it.path, name, sha)
    pulls.branch_moved(visit.state, visit.hooks, it, name, bare.NOBODY, sha, visit.viewer)
    return json_answer(git_shapes.ref(visit.links, it, f"heads/{name}", sha), 201)


@routes.on("DELETE", _REPO + "/git/refs/{ref}")
def delete_ref(visit: Visit) -> Answer:
    it = repository(visit, write=True)
    name = visit.params["ref"].removeprefix("heads/")
    old = bare.branches(it.path).get(name)
    if old is None:
        raise Refused(422, "Reference does not exist")
    if name == it.default_branch or name in it.protection:
        raise Refused(422, "Cannot delete this branch")
    bare.git(it.path, "update-ref", "-d", f"refs/heads/{name}", old)
    pulls.branch_moved(visit.state, visit.hooks, it, name, old, bare.NOBODY, visit.viewer)
    return Answer(204)


def _ref(visit: Visit, it: Repository) -> str:
    _refuse_empty(it)
    sha = bare.branches(it.path).get(visit.params["ref"].removeprefix("heads/"))
    if sha is None or not visit.params["ref"].startswith("heads/"):
        raise Refused(404, "Not Found")
    return sha


def _refuse_empty(it: Repository) -> None:
    if not bare.branches(it.path):
        raise Refused(409, "Git Repository is empty.")


@routes.on("GET", _REPO + "/commits")
def list_commits(visit: Visit) -> Answer:
    it = repository(visit)
    _refuse_empty(it)
    query = visit.request.query
    start = bare.commit_of(it.path, query.get("sha") or it.default_branch)
    if start is None:
        raise Refused(404, "Not Found")
    narrow = [f"--{name}={query[name]}" for name in ("since", "until", "author") if name in query]
    paths = [query["path"]] if "path" in query else []
    names = bare.git(it.path, "rev-list", *narrow, start, "--", *paths).split()
    return page(visit, names, lambda sha: git_shapes.commit(visit.links, visit.state, it, sha))


@routes.on("GET", _REPO + "/commits/{ref}")
def get_commit(visit: Visit) -> Answer:
    it = repository(visit)
    _refuse_empty(it)
    name = visit.params["ref"]
    sha = bare.commit_of(it.path, name)
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {name}")
    shape = git_shapes.commit(visit.links, visit.state, it, sha)
    parent = shape["parents"][0]["sha"] if shape["parents"] else bare.EMPTY_TREE
    files = diffs.entries(visit.links, it, parent, sha, span=(parent, sha))
    counts = {name: sum(file[name] for file in files) for name in ("additions", "deletions")}
    shape |= {"files": files, "stats": counts | {"total": sum(counts.values())}}
    return json_answer(shape)


@routes.on("GET", _REPO + "/git/commits/{commit_sha}")
def get_git_commit(visit: Visit) -> Answer:
    it = repository(visit)
    sha = bare.commit_of(it.path, visit.params["commit_sha"])
    if sha is None:
        raise Refused(404, "Not Found")
    return json_answer(git_shapes.git_commit(visit.links, it, sha))


@routes.on("GET", _REPO + "/compare/{basehead}")
def compare(visit: Visit) -> Answer:
    it = repository(visit)
    base_name, dots, head_name = visit.params["basehead"].partition("...")
    base, head = bare.commit_of(it.path, base_name), bare.commit_of(it.path, head_name)
    if not dots or base is None or head is None:
        raise Refused(404, "Not Found")
    ahead, behind = bare.count(it.path, f"{base}..{head}"), bare.count(it.path, f"{head}..{base}")
    names = bare.git(it.path, "rev-list", "--reverse", f"{base}..{head}", "--").split()
    fork = bare.git(it.path, "merge-base", base, head)
    own = f"{visit.links.repository(it)}/compare/{visit.params['basehead']}"
    web = f"{visit.links.page(it)}/compare/{visit.params['basehead']}"
    words = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    answer = json_answer(
        {
            "url": own,
            "html_url": web,
            "permalink_url": web,
            "diff_url": f"{web}.diff",
            "patch_url": f"{web}.patch",
            "base_commit": git_shapes.commit(visit.links, visit.state, it, base),
            "merge_base_commit": git_shapes.commit(visit.links, visit.state, it, fork),
            "status": words.get((ahead > 0, behind > 0), "identical"),
            "ahead_by": ahead,
            "behind_by": behind,
            "total_commits": ahead,
            "commits": [
                git_shapes.commit(visit.links, visit.state, it, sha) for sha in cut(visit, names)
            ],
            "files": diffs.entries(visit.links, it, base, head),
        }
    )
    answer.headers.update(link_header(visit, len(names)))
    return answer


@routes.on("GET", _REPO + "/contents/{path}")
def get_contents(visit: Visit) -> Answer:
    it = repository(visit)
    at = visit.request.query.get("ref") or it.default_branch
    commit = bare.commit_of(it.path, at)
    if commit is None:
        empty = not bare.branches(it.path)
        text = "This repository is empty." if empty else f"No commit found for the ref {at}"
        raise Refused(404, text)
    path = visit.params["path"].strip("/")
    lines = bare.listing(it.path, commit, path)
    if not lines:
        raise Refused(404, "Not Found")
    if path and len(lines) == 1 and lines[0].endswith(f"\t{path}"):
        return _file(visit, it, at, lines[0])
    return json_answer(
        [git_shapes.content(visit.links, it, at, line, whole=False) for line in lines]
    )


def _file(visit: Visit, it: Repository, at: str, line: str) -> Answer:
    if "raw" in visit.request.headers.get("accept", ""):
        data = git_shapes.raw(it.path, line.split()[2])
        return Answer(200, data, {"Content-Type": "application/vnd.github.raw; charset=utf-8"})
    return json_answer(git_shapes.content(visit.links, it, at, line, whole=True))
