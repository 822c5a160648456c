"""Closed, or open again, or gone, where it came from.


A source that tells of a thing as a whole (an issue of Sentry) and of each time that it happened gives
all of these one fingerprint, which begins with the name of its kind: `sentry:1170820242`. Other
fingerprints are made of the content and say nothing about who closes what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db.models import Q

from clusters.models import FeedbackItem, Source
from clusters.sources.base import IncomingReport

States = Mapping[str, Sequence[IncomingReport]]

_GONE = "gone"  # in a source's cursor
_GONE_LIMIT = 200


class Gone:
    """What was taken back before it came: of a message that is deleted, nothing is stored later."""

    def __init__(self, source: Source) -> None:
        """`source` is locked."""
        self._source = source
        self._found: dict[str, float] = dict(source.cursor.get(_GONE) or {})
        self._changed = False

    def covers(self, report: IncomingReport) -> bool:
        """Whether a report that is not here was gone after the state that it tells."""
        gone = self._found.get(report.external_id)
        return gone is not None and (
            report.revised_at is None or report.revised_at.timestamp() <= gone
        )

    def note(self, report: IncomingReport) -> None:
        """Remember a report that says of nothing which is here that it is gone."""
        if report.archived and report.revised_at is not None and not (report.title or report.body):
            moment = report.revised_at.timestamp()
            known = self._found.pop(report.external_id, moment)
            self._found[report.external_id] = max(known, moment)
            self._changed = True

    def save(self) -> None:
        """Keep the newest of them with the source, when there are new ones."""
        if self._changed:
            kept = dict([*self._found.items()][-_GONE_LIMIT:])
            self._source.cursor = {**self._source.cursor, _GONE: kept}
            self._source.save(update_fields=["cursor"])


def are_told(source: Source, states: States) -> bool:
    """Whether any of these says how a thing as a whole is."""
    return any(True for _ in _told(source, states))


def tell(source: Source, states: States) -> set[int]:
    """Take the state over to the other reports with the same fingerprint; which of them changed."""
    changed: set[int] = set()
    for report in _told(source, states):
        others = FeedbackItem.objects.filter(
            Q(revised_at=None) | Q(revised_at__lt=report.revised_at),
            source=source,
            fingerprint=report.fingerprint,
            archived_at__isnull=report.archived,
            seen_at__lte=report.revised_at,
        )
        ids = set(others.values_list("pk", flat=True))
        FeedbackItem.objects.filter(pk__in=ids).update(
            revised_at=report.revised_at,
            archived_at=report.revised_at if report.archived else None,
        )
        changed |= ids
    return changed


def archive_early(source: Source, items: Iterable[FeedbackItem]) -> None:
    """Close new reports of a thing that was closed after they happened. They are not saved yet."""
    waiting = [item for item in items if _is_own(source, item.fingerprint) and item.occurred_at]
    if not waiting:
        return
    marks = {item.fingerprint for item in waiting}
    latest = FeedbackItem.objects.filter(
        source=source, fingerprint__in=marks, revised_at__isnull=False
    ).order_by("revised_at", "pk")
    states = {
        item.fingerprint: item for item in latest.only("fingerprint", "revised_at", "archived_at")
    }
    for item in waiting:
        state = states.get(item.fingerprint)
        if state is None or state.archived_at is None or item.revised_at is not None:
            continue
        if item.occurred_at is not None and item.occurred_at < state.archived_at:
            item.archived_at, item.revised_at = state.archived_at, state.revised_at


def _told(source: Source, states: States) -> Iterator[IncomingReport]:
    for reports in states.values():
        for report in reports:
            if _is_own(source, report.fingerprint) and report.revised_at is not None:
                yield report


def _is_own(source: Source, fingerprint: str) -> bool:
    return fingerprint.startswith(f"{source.kind}:")
