"""Which runners can be chosen here, and what the others need."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings

from agents import wiring
from agents.runners.registry import UnknownRunner
from agents.wiring import RunnerInfo
from clusters.models import Project
from clusters.planner.providers import DEFAULT_MODELS
from credentials.errors import Conflict, Invalid
from credentials.models import Credential, Team, User

_MODEL = re.compile(r"[a-z0-9]{1,40}:[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,58}")


def default(project: Project | None = None) -> str:
    """The runner of who names none: the project's, else the platform's."""
    return (project.runner if project else "") or settings.CODING_AGENT_RUNNER


def is_enabled(name: str, project: Project | None) -> bool:
    """Whether a project lets its people choose this runner."""
    return project is None or not project.enabled_runners or name in project.enabled_runners


def available(
    user: User | None, team: Team | None, project: Project | None = None
) -> list[RunnerInfo]:
    """Every runner that a project lets people choose, those ready for this person first."""
    infos = [info for info in wiring.runner_infos(user, team) if is_enabled(info.name, project)]
    return sorted(infos, key=lambda info: not info.configured)


def active(user: User | None, project: Project) -> RunnerInfo:
    """The runner that a job of this project gets when nobody chooses, ready or not."""
    return named(default(project), user, project.team)


def named(name: str, user: User | None, team: Team | None, model: str = "") -> RunnerInfo:
    """A runner by name; one that is not there (any more) is not configured, and says so."""
    try:
        return wiring.runner_info(name, user, team, model)
    except UnknownRunner:
        sentence = f"There is no runner {name[:64]} here."
        return RunnerInfo(name, name, False, sentence, remedy="Choose another one.")


def choose(
    name: str,
    user: User | None,
    team: Team | None,
    *,
    project: Project | None = None,
    model: str = "",
) -> RunnerInfo:
    """The named runner (or the default), as it works with a model ('' for the usual one).

    Raises Conflict `runner_disabled` or `runner_not_configured`, which offer the others; Invalid
    `model_invalid` for a model that this runner cannot work with.
    """
    name = name or default(project)
    if not is_enabled(name, project):
        said = "is switched off in this project's settings."
        raise _refused("runner_disabled", f"The runner {name} {said}", user, team, project)
    try:
        _check_model(model, name)
        found = wiring.runner_info(name, user, team, model)
    except UnknownRunner as error:
        said = f"The runner {name} is not ready here: {error}"
        raise _refused("runner_not_configured", said, user, team, project) from error
    if not found.configured or (model and found.remedy):
        said = f"The runner {name} is not ready here: {found.reason or found.note} {found.remedy}"
        raise _refused("runner_not_configured", said, user, team, project)
    return found


def with_keys(
    infos: Iterable[RunnerInfo], user: User, team: Team
) -> list[tuple[RunnerInfo, list[Credential]]]:
    """Each runner with the keys to choose from, which are none where there is no choice."""
    known = list(infos)
    choices = wiring.key_choices([info.name for info in known], user, team)
    return [(info, choices[info.name] if len(choices[info.name]) > 1 else []) for info in known]


def choose_key(credential: int, name: str, user: User, team: Team, model: str = "") -> Credential:
    """The key that a person chose for a runner; Invalid `credential_unknown`.

    The refusal is the same for a key that is not there and for one that is somebody else's.
    Invalid `model_invalid` when the model is another provider's.
    """
    for key in wiring.key_choices([name], user, team)[name]:
        if key.pk == credential:
            if model and key.provider != model.partition(":")[0]:
                raise _bad_model(f"{model} cannot be opened with the chosen key ({key}).")
            return key
    raise Invalid(
        "credential_unknown",
        f"There is no such key for the runner {name}: choose one of your own or of the team's "
        "on the cluster's page.",
    )


def suggested_models(name: str) -> list[str]:
    """Models that a runner could work with, as people may name them; [] for an unknown runner."""
    try:
        providers = wiring.model_providers(name)
    except UnknownRunner:
        return []
    known = [DEFAULT_MODELS[provider] for provider in providers if provider in DEFAULT_MODELS]
    # The operator's own wish first.
    wished = [settings.MODEL] if settings.MODEL.partition(":")[0] in providers else []
    return list(dict.fromkeys([*wished, *known]))


def _check_model(model: str, name: str) -> None:
    """Raises Invalid for a model that no key could help with; UnknownRunner."""
    if not model:
        return
    providers = wiring.model_providers(name)
    if not providers:
        raise _bad_model(f"The runner {name} works without a model: leave it empty.")
    provider = model.partition(":")[0]
    if not _MODEL.fullmatch(model) or provider not in providers:
        raise _bad_model(
            f"Write the model as provider:name, with a provider of {', '.join(providers)}."
        )


def _bad_model(sentence: str) -> Invalid:
    return Invalid("model_invalid", sentence, fields={"model": [sentence]})


def _refused(
    code: str, sentence: str, user: User | None, team: Team | None, project: Project | None
) -> Conflict:
    ready = [info for info in available(user, team, project) if info.configured]
    names = ", ".join(info.name for info in ready) or "none"
    return Conflict(
        code,
        f"{sentence.strip()} Ready ones: {names}.",
        runners=[{"name": info.name, "title": info.title} for info in ready],
    )
