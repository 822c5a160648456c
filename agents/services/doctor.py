"""What runs here and what does not: every sandbox and every runner is really tried.

A part is the installation, or a sandbox with its runners. A runner is seen as a person and a team
would have it: with their keys, else the operator's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import DatabaseError

from agents import wiring
from agents.runners import registry
from agents.sandboxes.base import Isolation, SandboxError, SandboxProvider
from agents.sandboxes.registry import sandboxes
from agents.services import installation, runners, trying
from agents.services.findings import Line, State
from agents.services.in_time import all_in_time
from agents.wiring import RunnerInfo
from credentials.errors import AppError
from credentials.models import Team, User

INSTALLATION = "installation"
PROBE_SECONDS = 10.0  # for a sandbox to show that it works
TRY_SECONDS = 25.0  # for the programs of all its agents
_LOCAL_REMEDY = (
    "Allow unprivileged user namespaces (`sysctl kernel.unprivileged_userns_clone=1`), or install "
    "bubblewrap (Debian, Ubuntu: `apt install bubblewrap`)."
)


@dataclass(frozen=True, slots=True)
class Part:
    """What is looked at together."""

    name: str
    title: str


def parts(*, operator: bool) -> list[Part]:
    """What there is to look at; the installation is for operators."""
    places = [Part(entry.name, entry.title) for entry in sandboxes().values()]
    return [*([Part(INSTALLATION, "Installation")] if operator else []), *places]


def look(part: str, user: User | None, team: Team | None) -> list[Line]:
    """Everything about a part; takes PROBE_SECONDS and TRY_SECONDS at most. Raises KeyError."""
    if part == INSTALLATION:
        return [*installation.look(), *_default()]
    try:
        infos = _infos(part, user, team)
        line = sandbox(part, user, team)
    except DatabaseError:
        said = "Which keys there are cannot be known: the database does not answer as it should."
        return [Line(part, sandboxes()[part].title, State.PROBLEM, said)]
    tried = _tried(infos, user, team) if line.state is not State.PROBLEM else {}
    return [line, *(_runner(info, line, tried.get(info.name)) for info in infos)]


def sandbox(name: str, user: User | None, team: Team | None) -> Line:
    """Whether a sandbox can be opened: something ran in it."""
    entry = sandboxes()[name]
    line = partial(Line, name, entry.title)
    infos = _infos(name, user, team)
    if lacking := wiring.sandbox_lacks(name, user, team):
        state = State.PROBLEM if _is_default(infos) else State.WARNING
        return line(state, lacking[0].sentence, lacking[0].remedy)
    try:
        provider = wiring.sandbox_provider(infos[0].name, user, team).provider
    except (SandboxError, AppError) as error:
        return line(State.PROBLEM, str(error))
    found = all_in_time({name: partial(_probe, provider)}, PROBE_SECONDS)
    match found.get(name):
        case None:
            sentence = f"It did not answer within {PROBE_SECONDS:.0f} seconds."
            return line(State.PROBLEM, sentence, "Try again later, or choose another sandbox.")
        case str() as failure:
            remedy = _LOCAL_REMEDY if entry.on_this_machine else "Check its key and its status."
            return line(State.PROBLEM, failure, remedy)
        case Isolation.NONE, weaker:
            said = f"A command ran, but it is not isolated from this machine.{weaker}"
            return line(State.WARNING, said, _LOCAL_REMEDY)
        case isolation, weaker:
            return line(State.OK, f"A command ran in it, isolated by {isolation}.{weaker}")


def runs(lines: Sequence[Line]) -> bool:
    """Whether the platform's default runner could run, by the lines of all parts."""
    name = runners.default()
    return all(line.state is not State.PROBLEM for line in lines if line.name == name) and any(
        line.name == name for line in lines
    )


def _infos(sandbox: str, user: User | None, team: Team | None) -> list[RunnerInfo]:
    sandboxes()[sandbox]  # or KeyError
    return [info for info in wiring.runner_infos(user, team) if info.sandbox == sandbox]


def _probe(provider: SandboxProvider) -> tuple[Isolation, str] | str:
    """The isolation and why it is not a stronger one, or a sentence about what is wrong."""
    try:
        isolation = provider.probe()
    except (SandboxError, OSError) as error:
        return str(error)[:1000]
    failures: Mapping[Isolation, str] = getattr(provider, "failures", {})
    weaker = "".join(f" Not by {name}: {text[:300]}." for name, text in failures.items())
    return isolation, weaker


def _tried(
    infos: Sequence[RunnerInfo], user: User | None, team: Team | None
) -> dict[str, trying.Tried]:
    """What the programs of these runners said, by runner."""
    programs = {info.name: wiring.program(info.name) for info in infos if info.configured}
    wanted = {name: program for name, program in programs.items() if program}
    # On this machine each sandbox sees one program; elsewhere a sandbox costs money and has all.
    apart = any(sandboxes()[info.sandbox].on_this_machine for info in infos)
    rooms = [{name: program} for name, program in wanted.items()] if apart else [wanted]
    works: dict[str, Callable[[], dict[str, trying.Tried]]] = {}
    for room in filter(None, rooms):
        first = next(iter(room))
        provider = wiring.sandbox_provider(first, user, team).provider
        works[first] = partial(trying.start, room, provider)
    found = all_in_time(works, TRY_SECONDS)
    return {name: tried for room in found.values() for name, tried in room.items()}


def _runner(info: RunnerInfo, place: Line, tried: trying.Tried | None) -> Line:
    line = partial(Line, info.name, info.title)
    bad = State.PROBLEM if info.name == runners.default() else State.WARNING
    if not info.configured:
        return line(bad, info.reason, info.remedy)
    if place.state is State.PROBLEM:
        return line(bad, f"Its sandbox does not work: {place.sentence}", place.remedy)
    if trying.has_program(info.name):
        if tried is None:
            sentence = f"Its program did not answer within {TRY_SECONDS:.0f} seconds."
            return line(State.PROBLEM, sentence, trying.remedy(info.name))
        if not tried.ok:
            return line(State.PROBLEM, tried.sentence, trying.remedy(info.name))
    if info.remedy:  # ready, but not for everything
        return line(State.WARNING, info.note, info.remedy)
    return line(State.OK, " ".join(_good(info, tried)))


def _good(info: RunnerInfo, tried: trying.Tried | None) -> Iterator[str]:
    yield tried.sentence if tried else "It is ready."
    if info.model:
        yield f"Its model would be {info.model}."
    if info.note:
        yield info.note


def _is_default(infos: Sequence[RunnerInfo]) -> bool:
    return runners.default() in {info.name for info in infos}


def _default() -> Iterator[Line]:
    """What the operator's choice of a runner is worth."""
    name = runners.default()
    known = {runner.name for runner in registry.runners()}
    if name not in known:
        yield Line(
            name,
            "Default runner",
            State.PROBLEM,
            f"CODING_AGENT_RUNNER names {name[:64]}, and there is no such runner here.",
            f"Choose one of: {', '.join(sorted(known))}.",
        )
