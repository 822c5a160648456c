"""Who somebody is, what belongs to them, and how much of the API is left to them."""

from __future__ import annotations

from tests.stand_ins.github import shapes
from tests.stand_ins.github.http import Answer, Refused, json_answer
from tests.stand_ins.github.state import Account, Repository, at_least
from tests.stand_ins.github.visits import Routes, Visit, page

routes = Routes()


@routes.on("GET", "/user")
def get_user(visit: Visit) -> Answer:
    me = visit.state.account(visit.viewer)
    private = sum(it.private for it in _owned(visit, me))
    public = len(_owned(visit, me)) - private
    shape = shapes.private_person(visit.links, me, public, private)
    assert visit.token
    if not visit.token.may("user", "read:user"):
        shape = shapes.public_person(visit.links, me, public)
    return json_answer(shape)


@routes.on("GET", "/user/emails")
def list_emails(visit: Visit) -> Answer:
    me = visit.state.account(visit.viewer)
    assert visit.token
    if not visit.token.may("user", "user:email"):
        raise Refused(404, "Not Found")
    emails = [_email(me.noreply, primary=not me.email)]
    if me.email:
        emails.insert(0, _email(me.email, primary=True))
    return page(visit, emails, dict)


def _email(address: str, *, primary: bool) -> shapes.Json:
    visibility = "private" if primary else None
    return {"email": address, "primary": primary, "verified": True, "visibility": visibility}


@routes.on("GET", "/user/repos")
def list_my_repositories(visit: Visit) -> Answer:
    viewer = visit.viewer
    query = visit.request.query
    owners = {"owner", "collaborator", "organization_member"}
    wanted = set(query["affiliation"].split(",")) if "affiliation" in query else owners
    hidden = {
        who.id
        for who in visit.state.accounts.values()
        if who.sso and viewer in who.members and visit.token and who.login not in visit.token.sso
    }
    found = [
        it
        for it in visit.state.repositories.values()
        if _affiliation(visit, it) in wanted
        and visit.state.account(it.owner).id not in hidden
        and not (it.private and visit.token and not visit.token.may("repo"))
        and query.get("visibility", "all") in {"all", "private" if it.private else "public"}
    ]
    key = query.get("sort", "full_name")
    down = query.get("direction", "asc" if key == "full_name" else "desc") == "desc"
    found.sort(key=lambda it: (_sort_key(it, key), it.full_name.lower()), reverse=down)
    answer = page(visit, found, lambda it: shapes.repository(visit.links, visit.state, it, viewer))
    if hidden:
        ids = ",".join(str(each) for each in sorted(hidden))
        answer.headers["X-GitHub-SSO"] = f"partial-results; organizations={ids}"
    return answer


def _sort_key(it: Repository, key: str) -> str:
    times = {"created": it.created_at, "updated": it.updated_at, "pushed": it.pushed_at}
    return times.get(key, "")


def _affiliation(visit: Visit, it: Repository) -> str:
    viewer = visit.viewer
    if it.owner == viewer:
        return "owner"
    if viewer in visit.state.account(it.owner).members:
        return "organization_member"
    return "collaborator" if at_least(it.rights.get(viewer, "none"), "read") else "none"


def _owned(visit: Visit, who: Account) -> list[Repository]:
    return [it for it in visit.state.repositories.values() if it.owner == who.login]


@routes.on("GET", "/user/orgs")
def list_my_organisations(visit: Visit) -> Answer:
    mine = [who for who in visit.state.accounts.values() if visit.viewer in who.members]
    return page(visit, mine, lambda who: shapes.organisation(visit.links, who))


@routes.on("GET", "/users/{username}")
def get_person(visit: Visit) -> Answer:
    who = visit.state.accounts.get(visit.params["username"].lower())
    if who is None:
        raise Refused(404, "Not Found")
    public = sum(not it.private for it in _owned(visit, who))
    return json_answer(shapes.public_person(visit.links, who, public))


@routes.on("GET", "/orgs/{org}")
def get_organisation(visit: Visit) -> Answer:
    who = _organisation(visit)
    public = sum(not it.private for it in _owned(visit, who))
    return json_answer(shapes.whole_organisation(visit.links, who, public))


@routes.on("GET", "/orgs/{org}/memberships/{username}")
def get_membership(visit: Visit) -> Answer:
    who = _organisation(visit)
    login = visit.params["username"]
    if visit.viewer not in who.members:
        raise Refused(
            403, "You must be a member of this organization to see membership information."
        )
    if login not in who.members:
        raise Refused(404, "Not Found")
    return json_answer(
        {
            "url": f"{visit.links.api}/orgs/{who.login}/memberships/{login}",
            "state": "active",
            "role": who.members[login],
            "organization_url": f"{visit.links.api}/orgs/{who.login}",
            "organization": shapes.organisation(visit.links, who),
            "user": shapes.account(visit.links, visit.state.account(login)),
        }
    )


def _organisation(visit: Visit) -> Account:
    who = visit.state.accounts.get(visit.params["org"].lower())
    if who is None or who.kind != "Organization":
        raise Refused(404, "Not Found")
    return who
