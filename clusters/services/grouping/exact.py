"""Rules that decide before any likeness: equal marks, the same place of an exception, links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.db.models import Case, Count, Max, Q, Value, When

from clusters.grouping.fingerprint import fingerprint
from clusters.grouping.links import Link, links
from clusters.models import FeedbackComment, FeedbackItem, Project, Source
from clusters.services.grouping.embeddings import READ

Rule = Literal["fingerprint", "stack", "linked"]

_COMMENTS = 2_000  # of one batch
_STACK = "trace:"


@dataclass(frozen=True, slots=True)
class Exact:
    """The item that another one certainly belongs to, and its cluster: None while it waits."""

    rule: Rule
    item: int
    cluster: int | None


def mark(items: Iterable[FeedbackItem]) -> None:
    """Give items without a fingerprint of their source's the one of their text. Saves nothing."""
    for item in items:
        item.fingerprint = item.fingerprint or fingerprint(item.title, item.body[:READ])


def find(project: Project, items: Sequence[FeedbackItem]) -> dict[int, Exact]:
    """For each of these marked items what it certainly belongs to, by item id."""
    stored = _by_fingerprint(project, {item.fingerprint for item in items} - {""})
    first: dict[str, Exact] = {}
    found: dict[int, Exact] = {}
    for item in items:
        if not item.fingerprint:
            continue
        known = stored.get(item.fingerprint) or first.get(item.fingerprint)
        if known is not None:
            found[item.pk] = known
        else:
            first[item.fingerprint] = Exact(_rule(item.fingerprint), item.pk, None)
    return {**_linked(project, [item for item in items if item.pk not in found]), **found}


def _rule(mark: str) -> Rule:
    return "stack" if mark.startswith(_STACK) else "fingerprint"


def _by_fingerprint(project: Project, marks: Collection[str]) -> dict[str, Exact]:
    """Where people put an item last, else where the newest one is."""
    pinned = Max(Case(When(pinned=True, then=Value(1)), default=Value(0)))
    rows = (
        FeedbackItem.objects.filter(project=project, fingerprint__in=marks)
        .exclude(cluster=None)
        .order_by()
        .values("fingerprint", "cluster")
        .annotate(newest=Max("id"), by_person=pinned)
    )
    best = sorted(rows, key=lambda row: (row["by_person"], row["newest"]))
    return {
        row["fingerprint"]: Exact(_rule(row["fingerprint"]), row["newest"], row["cluster"])
        for row in best
    }


def _linked(project: Project, items: Sequence[FeedbackItem]) -> dict[int, Exact]:
    said = {item.pk: _said(item) for item in items}
    for item_id, body in (
        FeedbackComment.objects.filter(item__in=said)
        .order_by("id")
        .values_list("item_id", "body")[:_COMMENTS]
    ):
        said[item_id] += [link for link in links(body) if link.certain]
    wanted = [link for each in said.values() for link in each]
    if not wanted:
        return {}
    there = _there(project, wanted)
    found = {item_id: _target(each, there, project) for item_id, each in said.items()}
    return {
        item_id: Exact("linked", *target)
        for item_id, target in found.items()
        if target is not None and target[0] != item_id
    }


def _said(item: FeedbackItem) -> list[Link]:
    """Issues name each other for many reasons: from them only what is said plainly counts."""
    found = links(f"{item.title}\n{item.body[:READ]}")
    if item.source.kind == Source.Kind.GITHUB:
        return [link for link in found if link.certain]
    return found


def _target(
    said: Sequence[Link], there: Mapping[str, tuple[int, int]], project: Project
) -> tuple[int, int] | None:
    """The item that a text is about; None where it names several, and says of none the same."""
    certain = {found for link in said if link.certain and (found := _found(link, there, project))}
    named = certain or {found for link in said if (found := _found(link, there, project))}
    return named.pop() if len({cluster for _, cluster in named}) == 1 else None


def _found(
    link: Link, there: Mapping[str, tuple[int, int]], project: Project
) -> tuple[int, int] | None:
    return next((there[name] for name in _names(link, project) if name in there), None)


def _names(link: Link, project: Project) -> list[str]:
    """What an item would be called that a link leads to: an address, or the id at its source."""
    if link.number is not None:
        return [f"{settings.GITHUB_URL}/{project.repository}/issues/{link.number}"]
    return [link.url, f"{link.url}/"] if link.url else [link.short]


def _there(project: Project, wanted: Iterable[Link]) -> dict[str, tuple[int, int]]:
    """Item and cluster by name, of names that lead to a single cluster."""
    shorts = {link.short for link in wanted if link.short}
    urls = {name for link in wanted if not link.short for name in _names(link, project)}
    sources = list(Source.objects.filter(project=project).values_list("pk", flat=True))
    found: dict[str, tuple[int, int]] = {}
    for field, names in (("url", urls), ("external_id", shorts)):
        rows = (
            FeedbackItem.objects.filter(
                Q(project=project, url__in=names)
                if field == "url"
                else Q(source__in=sources, external_id__in=names)
            )
            .exclude(cluster=None)
            .order_by()
            .values_list(field)
            .annotate(item=Max("id"), where=Max("cluster"), count=Count("cluster", distinct=True))
        )
        found |= {name: (item, cluster) for name, item, cluster, count in rows if count == 1}
    return found
