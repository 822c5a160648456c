"""Places that a job's commands were kept from, and whether its project may allow them."""

from __future__ import annotations

from dataclasses import dataclass

from agents.models import Execution, Job
from clusters.services import projects
from clusters.services.projects import hosts as host_rules
from credentials.models import User

_USUAL_PORTS = (80, 443)
PHASES = {"setup": "set-up", "agent": "agent"}


@dataclass(frozen=True, slots=True)
class Place:
    """One place that was blocked.

    `phase_name` is the phase in words. `allowed`: the project has allowed it meanwhile; `problem`
    says why nobody can.
    """

    host: str
    port: int
    phase: str
    phase_name: str
    allowed: bool
    problem: str

    @property
    def shown(self) -> str:
        """The host, with a port that is not the usual one."""
        return self.host if self.port in _USUAL_PORTS else f"{self.host}:{self.port}"


def places(execution: Execution | None, job: Job) -> list[Place]:
    """What an attempt was kept from, each place once."""
    known = [_place(entry, job) for entry in execution.blocked] if execution else []
    return list({(place.shown, place.phase): place for place in known}.values())


def allow(user: User, job: Job, *, host: str, phase: str, port: int | None) -> str:
    """Allow a place for the job's project; a sentence about what is so now.

    Raises Invalid, Forbidden.
    """
    done = projects.allow_host(user, job.project, host, phase, _listed_port(port))
    whom = "the set-up" if done.phase == "setup" else "the agent"
    said = f"{done.host} is allowed for {whom} of this project's jobs."
    if done.switched:
        said += f" The network of {whom} was closed; now it reaches the allowed hosts"
        said += " and package registries." if done.phase == "setup" else "."
    if job.is_ended:
        return f"{said} Run the job again to try it."
    return f"{said} This job keeps what it began with; the next one can reach it."


def _place(entry: dict[str, object], job: Job) -> Place:
    host, phase = str(entry.get("host", "")), str(entry.get("phase", ""))
    port = entry.get("port")
    port = port if isinstance(port, int) else 0
    wanted = {"host": host.lower(), "phase": phase, "port": _listed_port(port)}
    project = job.project
    reach = getattr(project, f"{phase}_network") if phase in PHASES else ""
    is_listed = wanted in [host_rules.tidied(each) for each in project.allowed_hosts]
    return Place(
        host=host,
        port=port,
        phase=phase,
        phase_name=PHASES.get(phase, phase),
        allowed=reach == project.Network.OPEN or (is_listed and reach == project.Network.LIST),
        problem=host_rules.problem_with(wanted),
    )


def _listed_port(port: int | None) -> int | None:
    """How a port is listed: the two usual ones are those of an entry without one."""
    return None if port in _USUAL_PORTS else port
