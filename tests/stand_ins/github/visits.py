"""One call of the API: who asks, for what, and what the route found in the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from tests.stand_ins.github.http import Answer, Refused, Request, json_answer
from tests.stand_ins.github.shapes import Json, Links
from tests.stand_ins.github.state import Pull, Repository, State, Token, at_least

if TYPE_CHECKING:
    from tests.stand_ins.github.webhooks import Webhooks


@dataclass(frozen=True)
class Visit:
    """What a handler gets."""

    request: Request
    state: State
    links: Links
    token: Token | None
    params: Mapping[str, str]
    hooks: Webhooks

    @property
    def viewer(self) -> str:
        """The login behind the token; 401 without one."""
        if self.token is None:
            raise Refused(401, "Requires authentication")
        return self.token.login

    def body(self) -> Json:
        """The body, which has to be a JSON object."""
        try:
            body = self.request.json()
        except ValueError as error:
            raise Refused(400, "Problems parsing JSON") from error
        if not isinstance(body, dict):
            raise Refused(400, "Body should be a JSON object")
        return body


Handler = Callable[[Visit], Answer]


@dataclass(frozen=True)
class Route:
    """One operation, as GitHub's description spells it."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler

    @property
    def rank(self) -> tuple[int, int]:
        """Small for a path that says much by itself."""
        return self.template.count("{"), -len(self.template)


class Routes:
    """The operations that are there."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Register a handler; `{path}`, `{ref}` and `{basehead}` may contain slashes."""

        def register(handler: Handler) -> Handler:
            self.all.append(Route(method, template, _pattern(template), handler))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The operation for this request; the most literal one wins."""
        found = [
            (route, match)
            for route in self.all
            if route.method == method and (match := route.pattern.fullmatch(path))
        ]
        if not found:
            return None
        route, match = min(found, key=lambda each: each[0].rank)
        return route, {name: unquote(value) for name, value in match.groupdict().items()}


def _pattern(template: str) -> re.Pattern[str]:
    def group(match: re.Match[str]) -> str:
        slashes = match[1] in {"path", "ref", "basehead", "branch"}
        return f"(?P<{match[1]}>{'.*' if match[1] == 'path' else '.+' if slashes else '[^/]+'})"

    return re.compile(re.sub(r"\{(\w+)\}", group, template))


def repository(visit: Visit, wanted: str = "read", *, write: bool = False) -> Repository:
    """The repository of the path, when the token may use it so; 301 for a former name."""
    name = f"{visit.params['owner']}/{visit.params['repo']}"
    found = visit.state.find(name)
    if found is None or not _visible(visit, found):
        raise Refused(404, "Not Found")
    if found.full_name.lower() != name.lower():
        raise _moved(visit, found, name)
    wanted = "write" if write else wanted
    if wanted != "read" or found.private:
        check_sso(visit, found)
    if wanted != "read":
        _check_write(visit, found, wanted)
    return found


def _visible(visit: Visit, it: Repository) -> bool:
    if not it.private:
        return True
    token = visit.token
    return (
        token is not None
        and token.may("repo")
        and at_least(visit.state.right_of(token.login, it), "read")
    )


def check_sso(visit: Visit, it: Repository) -> None:
    """403 when the organisation wants single sign-on and the token was not authorised for it."""
    owner = visit.state.account(it.owner)
    if owner.sso and (visit.token is None or owner.login not in visit.token.sso):
        address = f"{visit.links.web}/orgs/{owner.login}/sso?authorization_request=A0B1C2"
        raise Refused(
            403,
            "Resource protected by organization SAML enforcement. You must grant your OAuth"
            " token access to this organization.",
            headers={"X-GitHub-SSO": f"required; url={address}"},
        )


def _check_write(visit: Visit, it: Repository, wanted: str) -> None:
    token = visit.token
    if token is None:
        raise Refused(401, "Requires authentication")
    if not (token.may("repo") if it.private else token.may("repo", "public_repo")):
        raise Refused(404, "Not Found")
    if it.archived:
        raise Refused(403, "Repository was archived so is read-only.")
    if not at_least(visit.state.right_of(token.login, it), wanted):
        raise Refused(403, f"Must have {wanted} rights to Repository.")


def _moved(visit: Visit, it: Repository, asked: str) -> Refused:
    tail = visit.request.path[len(f"/repos/{asked}") :]
    query = f"?{visit.request.query_string}" if visit.request.query_string else ""
    address = f"{visit.links.api}/repositories/{it.id}{tail}{query}"
    return Refused(301, "Moved Permanently", headers={"Location": address})


def pull(visit: Visit, it: Repository, name: str = "pull_number") -> Pull:
    """The pull request of the path."""
    number = visit.params[name]
    if not number.isdigit() or int(number) not in it.pulls:
        raise Refused(404, "Not Found")
    return it.pulls[int(number)]


def page(visit: Visit, items: Sequence[Any], shape: Callable[[Any], Json]) -> Answer:
    """One page of a list, with the Link header that leads to the others."""
    answer = json_answer([shape(item) for item in cut(visit, items)])
    answer.headers.update(link_header(visit, len(items)))
    return answer


def cut(visit: Visit, items: Sequence[Any]) -> Sequence[Any]:
    """The items of the page that was asked for."""
    size, number = _paging(visit)
    return items[(number - 1) * size : number * size]


def link_header(visit: Visit, total: int) -> dict[str, str]:
    """The Link header, when there is more than one page."""
    size, number = _paging(visit)
    last = max(1, -(-total // size))
    wanted = {"prev": number - 1, "next": number + 1, "first": 1, "last": last}
    if number == 1:
        wanted = {"next": 2, "last": last}
    elif number >= last:
        wanted = {"prev": min(number - 1, last), "first": 1}
    if last == 1 and number == 1:
        return {}
    base = f"{visit.links.api}{visit.request.path}"
    links = (
        f'<{base}?{urlencode({**visit.request.query, "page": at})}>; rel="{rel}"'
        for rel, at in wanted.items()
    )
    return {"Link": ", ".join(links)}


def _paging(visit: Visit) -> tuple[int, int]:
    query = visit.request.query
    try:
        size, number = int(query.get("per_page", 30)), int(query.get("page", 1))
    except ValueError:
        return 30, 1
    return max(1, min(100, size)), max(1, number)


def check_length(resource: str, body: Json) -> None:
    """422 for words that are longer than GitHub takes them."""
    for field, longest in (("title", 256), ("body", 65536)):
        if len(body.get(field) or "") > longest:
            text = f"{field} is too long (maximum is {longest} characters)"
            raise invalid(resource, field, message=text)


def invalid(resource: str, field: str = "", code: str = "custom", message: str = "") -> Refused:
    """422 "Validation Failed" with one error."""
    error = {"resource": resource, "code": code}
    if field:
        error["field"] = field
    if message:
        error["message"] = message
    return Refused(422, "Validation Failed", [error])
