"""The doctor for pages: what was found is kept for a minute, and looked at once at a time.

Without a cache (Redis is away, which is when people look) everything is simply looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import redis
from django.core.cache import cache

from agents.sandboxes.registry import sandboxes
from agents.services import doctor
from agents.services.findings import Line, State
from agents.wiring import RunnerInfo
from credentials.models import Team, User

KEPT = 60  # seconds
_LOCKED = 45  # longer than any look takes
_OFTEN = 10.0  # seconds between two looks that a person asks for
T = TypeVar("T")


def lines(part: str, user: User, team: Team | None) -> list[Line] | None:
    """What was found; None while somebody else is looking. Raises KeyError for an unknown part."""
    key = _key(part, user, team)
    found: list[Line] | None = _kept(lambda: cache.get(key), None)
    if found is not None:
        return found
    if not _kept(lambda: cache.add(f"{key}:busy", True, _LOCKED), True):
        return None
    try:
        found = doctor.look(part, user, team)
        _kept(lambda: cache.set(key, found, KEPT), None)
    finally:
        _kept(lambda: cache.delete(f"{key}:busy"), False)
    return found


def forget(parts: Iterable[str], user: User, team: Team | None) -> bool:
    """Look again at the next opportunity; False when that was asked for a moment ago."""
    asked = _key("asked", user, None)
    if time.time() - _kept(lambda: cache.get(asked, 0.0), 0.0) < _OFTEN:
        return False
    _kept(lambda: cache.set(asked, time.time(), KEPT), None)
    _kept(lambda: cache.delete_many([_key(part, user, team) for part in parts]), None)
    return True


def runner_state(info: RunnerInfo, user: User, team: Team | None) -> Line:
    """Whether a runner could run now, for the pages of work.

    A sandbox on this machine is tried (once a minute); one elsewhere costs money, so that only
    what the doctor found lately counts.
    """
    if not info.configured:
        return _state(info, None)
    return _state(info, _sandbox(info.sandbox, user, team))


def known_state(info: RunnerInfo, user: User, team: Team | None) -> Line:
    """The same from what is known already: nothing is tried, so that it answers at once."""
    known: list[Line] | None = _kept(lambda: cache.get(_key(info.sandbox, user, team)), None)
    tried: Line | None = _kept(lambda: cache.get(_key(f"sandbox-{info.sandbox}", user, team)), None)
    return _state(info, known[0] if known else tried)


def _state(info: RunnerInfo, place: Line | None) -> Line:
    """A runner's line, by what was found about its sandbox (None: nothing lately)."""
    line = Line(info.name, info.title, State.OK, info.note, info.remedy)
    if not info.configured:
        return Line(info.name, info.title, State.PROBLEM, info.reason, info.remedy)
    if place is not None and place.state is State.PROBLEM:
        said = f"Its sandbox does not work: {place.sentence}"
        return Line(info.name, info.title, State.PROBLEM, said, place.remedy)
    if place is not None and place.state is State.WARNING:
        return Line(info.name, info.title, State.WARNING, place.sentence, place.remedy)
    return line if not info.remedy else Line(*_parts(line, State.WARNING))


def _sandbox(name: str, user: User, team: Team | None) -> Line | None:
    known = _kept(lambda: cache.get(_key(name, user, team)), None)
    if known:
        first: Line = known[0]
        return first
    if not sandboxes()[name].on_this_machine:
        return None
    key = _key(f"sandbox-{name}", user, team)
    line: Line | None = _kept(lambda: cache.get(key), None)
    if line is None:
        line = doctor.sandbox(name, user, team)
        _kept(lambda: cache.set(key, line, KEPT), None)
    return line


def _parts(line: Line, state: State) -> tuple[str, str, State, str, str]:
    return line.name, line.title, state, line.sentence, line.remedy


def _key(part: str, user: User, team: Team | None) -> str:
    return f"doctor:{part}:{user.pk}:{team.pk if team else 0}"


def _kept(ask: Callable[[], T], otherwise: T) -> T:
    try:
        return ask()
    except redis.RedisError:
        return otherwise
