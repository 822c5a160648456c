"""Settings and keys become drivers here, and nowhere else in this application."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from clusters.coherence.model import Judge
from clusters.describing.model import Describer
from clusters.forges.base import Forge, ForgeError
from clusters.forges.detect import inspect
from clusters.forges.github.client import Client
from clusters.forges.github.errors import Place
from clusters.forges.github.forge import GitHubForge
from clusters.forges.local import LocalForge
from clusters.planner.base import Planner
from clusters.planner.model import ModelPlanner
from clusters.planner.providers import DEFAULT_MODELS, model_factory
from clusters.sources.github_issues import GitHubIssues, Known
from clusters.sources.reddit import Reddit
from clusters.sources.reddit_client import RedditClient
from credentials.errors import AppError
from credentials.models import Team, User
from credentials.services import keys, shared_secrets
from credentials.services.keys import AtHand, Revealed

if TYPE_CHECKING:
    from clusters.models import Source  # which lies above us


# Seconds that fetching waits for a forge that wants it, rather than going on later.
_SYNC_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Connection:
    """A forge, and the key that opens it (None for a forge that needs none)."""

    forge: Forge
    key: Revealed | None = None


def connect(
    kind: str,
    project_id: int,
    repository: str,
    *,
    user: User | None,
    job: int | None = None,
    purpose: str = "",
    patience: float = 0.0,
    renamed: Callable[[str], None] = lambda name: None,
) -> Connection:
    """A project's forge as this person may use it; the use of their key is written down.

    `job` is a job's id, `purpose` what the key is used for when it is no job, `patience` seconds that a call may wait when the forge limits us, and
    `renamed` is told the repository's new name. Raises ForgeError.
    """
    if kind == LocalForge.kind:
        return Connection(local_forge(project_id, repository))
    if kind != GitHubForge.kind:
        raise ForgeError("forge_unknown", f"There is no forge “{kind[:40]}”.")
    key = github_key(user, job, purpose)
    forge = _github_forge(
        repository,
        key,
        settings.HOME / "mirrors" / f"{project_id}.git",
        timeout=10.0 if job is None else 20.0,
        patience=patience,
        renamed=renamed,
    )
    return Connection(forge, key)


def github_key(user: User | None, job: int | None = None, purpose: str = "") -> Revealed:
    """A person's own GitHub token; raises ForgeError('token_missing').

    Never the team's: whoever looks at code, or opens a pull request, does it with their own rights.
    """
    key = None
    try:
        if user is not None:
            key = keys.reveal("github", user=user, team=None, job=job, purpose=purpose)
    except AppError as error:
        raise ForgeError("token_missing", error.message, fix_url=_keys_url()) from error
    if key is None:
        raise ForgeError(
            "token_missing",
            "There is no GitHub token of yours to work with: sign in with GitHub, or add a token.",
            fix_url=_keys_url(),
        )
    return key


def has_github(user: User) -> bool:
    """Whether a person has a GitHub token of their own here."""
    return keys.is_there("github", user=user, team=None)


def github_client(user: User) -> Client:
    """GitHub as this person, for what is about no repository; raises ForgeError('token_missing')."""
    key = github_key(user)
    place = Place("", settings.GITHUB_URL, _keys_url(), key.secret)
    return Client(key.secret, place, api_url=settings.GITHUB_API_URL, timeout=10.0)


def issue_source(
    user: User | None, repository: str, known: Known = lambda ids: set()
) -> GitHubIssues:
    """The issues of a repository as this person may read them; raises ForgeError."""
    key = github_key(user, purpose="sync")
    place = Place(repository, settings.GITHUB_URL, _keys_url(), key.secret)
    client = Client(key.secret, place, api_url=settings.GITHUB_API_URL, patience=_SYNC_PATIENCE)
    return GitHubIssues(client, known)


def reddit_source(secret: str = "", known: Known = lambda ids: set()) -> Reddit:
    """Reddit, with an application ("id:secret") or without one."""
    return Reddit(RedditClient(settings.REDDIT_URL, secret), known)


def check_github_repository(user: User, name: str) -> str:
    """What GitHub calls a repository that this person may connect; raises ForgeError."""
    with tempfile.TemporaryDirectory() as folder:  # nothing is fetched
        forge = _github_forge(name, github_key(user), Path(folder))
        access = forge.access()
    if not access.can_write:
        raise ForgeError("no_write_access", access.reason)
    if access.empty:
        raise ForgeError("repository_empty", access.reason)
    return forge.repository


def _keys_url() -> str:
    return f"{settings.SITE_URL}{reverse('keys')}"


def local_forge(project_id: int, repository: str) -> LocalForge:
    """The product's own forge for a project whose source is a local repository."""
    return LocalForge(
        settings.HOME / "forge" / str(project_id),
        settings.HOME / "mirrors" / f"{project_id}.git",
        source=Path(repository) if repository else None,
    )


def check_local_repository(repository: str) -> str:
    """The absolute path of a local repository that may be connected; raises ForgeError."""
    path = Path(repository).expanduser().resolve()
    allowed = [folder.resolve() for folder in settings.LOCAL_REPOSITORIES]
    # Without this list, anybody who may connect a project could read the server's disk.
    if not any(path.is_relative_to(folder) for folder in allowed):
        raise ForgeError(
            "repository_unavailable",
            f"{path} is not below a folder that the operator has opened: name one in SOULCASTER_LOCAL_REPOSITORIES.",
        )
    found = inspect(path)
    if not found.git:
        raise ForgeError("repository_unavailable", found.reason)
    if found.empty:
        raise ForgeError("repository_empty", found.reason)
    return str(path)


def _github_forge(
    repository: str,
    key: Revealed,
    mirror: Path,
    *,
    timeout: float = 10.0,
    patience: float = 0.0,
    renamed: Callable[[str], None] = lambda name: None,
) -> GitHubForge:
    return GitHubForge(
        repository,
        key.secret,
        mirror,
        web_url=settings.GITHUB_URL,
        api_url=settings.GITHUB_API_URL,
        keys_url=_keys_url(),
        timeout=timeout,
        patience=patience,
        renamed=renamed,
    )


def model_name(
    user: User | None,
    team: Team | None,
    chosen: str = "",
    only: Sequence[str] = (),
    at_hand: AtHand | None = None,
) -> str:
    """The model for a person's work in a team, as "provider:name"; empty without any key.

    The operator's choice when there is a key for it, else the usual model of a provider that the
    person or the team has stored a key for. `chosen`: the provider whose key they chose; `only`:
    the providers that will do, when not all of them; `at_hand`: what `keys.at_hand` said before.
    """
    provider, _, name = settings.MODEL.partition(":")
    if chosen:
        usual = DEFAULT_MODELS.get(chosen, "")
        return str(settings.MODEL) if name and chosen == provider else usual
    there = keys.at_hand(user, team) if at_hand is None else at_hand
    fits = not only or provider in only
    if name and fits and provider in there:
        return str(settings.MODEL)
    for provider, model in DEFAULT_MODELS.items():
        if only and provider not in only:
            continue
        if provider in there.stored or (offers(provider, only) and provider in there.operators):
            return model
    return ""


def offers(provider: str, only: Sequence[str] = ()) -> bool:
    """Whether people may spend the operator's own key of a provider.

    A key alone is no wish to have it used: it takes a model of that provider that the operator has
    named, or an agent that can work with nobody else (`only`). Otherwise whoever names a model
    would choose what the operator pays.
    """
    return provider == settings.MODEL.partition(":")[0] or tuple(only) == (provider,)


def model_planner(user: User | None, team: Team | None) -> Planner | None:
    """The planner that asks the model of this person or team; None without a model or its key."""
    name = model_name(user, team)
    if not name:
        return None
    key = keys.reveal(name.partition(":")[0], user=user, team=team, purpose="plan")
    return ModelPlanner(model_factory(name, *opened(key)), name=name) if key else None


def has_model(team: Team) -> bool:
    """Whether a team's work in the background may ask a model: by the team's key or the operator's."""
    return bool(model_name(None, team))


def describer(team: Team) -> Describer | None:
    """What describes a team's clusters by a model; None without a model or its key."""
    name = model_name(None, team)
    if not name:
        return None
    key = keys.reveal(name.partition(":")[0], user=None, team=team, purpose="describe")
    return Describer(name, model_factory(name, *opened(key))) if key else None


def coherence_judge(team: Team) -> Judge | None:
    """What judges a team's clusters by a model; None without a model or its key."""
    name = model_name(None, team)
    if not name:
        return None
    key = keys.reveal(name.partition(":")[0], user=None, team=team, purpose="judge")
    return Judge(name, model_factory(name, *opened(key))) if key else None


def opened(key: Revealed) -> tuple[str, str]:
    """A model's key and the address that it is for, '' for the provider's own.

    What people store for an Ollama is its address, and there is no key.
    """
    if key.provider != "ollama":
        return key.secret, key.base_url
    return "", key.base_url if key.base_url.endswith("/v1") else f"{key.base_url}/v1"


def source_secret(source: Source) -> str:
    """What a source's messages are signed with, "" without one. Raises KeyUnreadable, Conflict."""
    return "" if source.secret is None else shared_secrets.reveal(source.secret)
