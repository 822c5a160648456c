"""What a project may hand to its agents: servers of tools, and hooks."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from clusters.services.projects.hosts import problem_with_name
from credentials.providers import looks_like

MOST_SERVERS, MOST_HOOKS = 10, 20
_LINE = r"^[^\x00-\x1f\x7f\ud800-\udfff]+$"
Line = Annotated[str, StringConstraints(max_length=1000, pattern=re.compile(_LINE))]


def _no_secret(value: str) -> str:
    if info := looks_like(value):
        raise ValueError(
            f"this looks like a key for {info.title}, and everybody here could read it"
        )
    return value


Value = Annotated[
    str,
    StringConstraints(max_length=1000, pattern=re.compile(r"^[^\x00-\x1f\x7f\ud800-\udfff]*$")),
    AfterValidator(_no_secret),
]
Variable = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _splits(value: str) -> str:
    try:
        shlex.split(value)
    except ValueError:
        raise ValueError("a quote or a backslash has no partner") from None
    return value


class Server(BaseModel):
    """One server of tools: a command in the sandbox, or an address."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
    command: Annotated[list[Line], Field(max_length=50)] = []
    url: Annotated[str, StringConstraints(max_length=500)] = ""
    environment: Annotated[dict[Variable, Value], Field(max_length=30)] = {}

    @model_validator(mode="after")
    def _one_way(self) -> Server:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command or a url")
        if self.url:
            _check_url(self.url)
        return self


class Hook(BaseModel):
    """A command that an agent runs when something happens."""

    model_config = ConfigDict(extra="forbid", strict=True)

    event: Literal["before_tool", "after_edit", "at_end"]
    command: Annotated[Line, AfterValidator(_splits)]


_SERVERS = TypeAdapter(Annotated[list[Server], Field(max_length=MOST_SERVERS)])
_HOOKS = TypeAdapter(Annotated[list[Hook], Field(max_length=MOST_HOOKS)])


def problem_with_servers(value: object) -> str:
    """What is wrong with a list of servers, in a sentence; '' when it can be used."""
    if said := _problem(_SERVERS, value):
        return said
    names = [server.name for server in _SERVERS.validate_python(value)]
    return "" if len(set(names)) == len(names) else "Two servers have the same name."


def problem_with_hooks(value: object) -> str:
    """What is wrong with a list of hooks, in a sentence; '' when it can be used."""
    return _problem(_HOOKS, value)


def hosts_of(servers: object) -> list[str]:
    """The hosts that servers elsewhere are on; the servers have been checked."""
    return [
        urlsplit(server.url).hostname or ""
        for server in _SERVERS.validate_python(servers)
        if server.url
    ]


def _problem(adapter: TypeAdapter[Any], value: object) -> str:
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = " ".join(
            f"{part + 1}:" if isinstance(part, int) else str(part)[:40] for part in first["loc"]
        )
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        return f"Entry {place} {said}." if place else f"{said}."
    return ""


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("the url cannot be read") from None
    if parts.scheme not in {"http", "https"} or not host or not re.fullmatch(_LINE, url):
        raise ValueError("write the url as https://host/path")
    if parts.username is not None or parts.password is not None or looks_like(parts.query):
        raise ValueError("leave names, passwords and keys out of the url")
    if said := problem_with_name(host):
        raise ValueError(f"the url: {said}")
