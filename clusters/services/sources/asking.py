"""Which sources are asked, with what, and in whose name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from clusters import wiring
from clusters.forges.base import ForgeError
from clusters.models import FeedbackItem, Project, Source
from clusters.sources import registry
from clusters.sources.base import PullSource, SourceError
from clusters.sources.github_issues import GitHubIssues
from clusters.sources.reddit import Reddit

_NOBODY = (
    "Whoever connected this source has no account here any more, so there is no GitHub token to "
    "read with: connect it again with yours."
)


def kinds() -> list[str]:
    """Kinds of sources that are asked."""
    return [Source.Kind.GITHUB, Source.Kind.REDDIT, *registry.pulls()]


def pull_source(source: Source) -> PullSource:
    """The source ready to be asked, with its person's token or its secret. Raises ForgeError."""
    if source.kind in {Source.Kind.GITHUB, Source.Kind.REDDIT}:
        return _built_in(source)
    asked = registry.pulls().get(source.kind)
    if asked is None:
        raise SourceError("source_misconfigured", "A source of this kind is not asked.")
    return asked


def _built_in(source: Source) -> GitHubIssues | Reddit:
    def known(ids: Collection[str]) -> set[str]:
        return stored(source.pk, ids)

    if source.kind == Source.Kind.GITHUB:
        if source.connected_by is None:
            raise ForgeError("token_missing", _NOBODY)
        return wiring.issue_source(source.connected_by, repository_of(source), known)
    return wiring.reddit_source(wiring.source_secret(source), known)


def config_of(source: Source) -> Mapping[str, Any]:
    """The source's settings; the repository is the project's own where none is named."""
    if source.kind == Source.Kind.GITHUB:
        return {**source.config, "repository": repository_of(source)}
    config: Mapping[str, Any] = source.config
    return config


def repository_of(source: Source) -> str:
    """The repository ("owner/name") whose issues a source reads; '' when nothing names one."""
    named = source.config.get("repository")
    if isinstance(named, str) and named:
        return named
    project = source.project
    return project.repository if project.forge == Project.Forge.GITHUB else ""


def stored(source_id: int, external_ids: Collection[str]) -> set[str]:
    """Those of a source's reports that are there already."""
    rows = FeedbackItem.objects.filter(source=source_id, external_id__in=external_ids)
    return set(rows.values_list("external_id", flat=True))
