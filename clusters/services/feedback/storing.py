"""Reports become rows: new ones are stored, known ones follow what their source says of them.

Only a later `revised_at` changes a report, so that it does not matter in which order, or how often,
its states come. A report without a title and a body only tells about one that is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clusters.models import Cluster, FeedbackItem, Project, Source
from clusters.services import clusters
from clusters.services.feedback import comments as storing_comments
from clusters.services.feedback import states as storing_states
from clusters.services.feedback.storable import storable
from clusters.services.sources import days as source_days
from clusters.sources import masking
from clusters.sources.base import Filtered, IncomingReport, Read, Refused
from credentials.errors import NotFound

OWN_METADATA = "screening"
REVISED = (
    "title",
    "body",
    "author",
    "url",
    "occurred_at",
    "metadata",
    "fingerprint",
    "trace",
    "revised_at",
    "archived_at",
)


@dataclass(slots=True)
class IngestResult:
    """What became of a batch of reports."""

    created: list[FeedbackItem] = field(default_factory=list)
    duplicates: int = 0
    refused: list[Refused] = field(default_factory=list)
    updated: int = 0  # known ones whose state or comments changed
    filtered: int = 0  # left out by the source's settings, or about nothing that is here


@transaction.atomic
def store(source: Source, batch: Sequence[Read], result: IngestResult) -> None:
    """One batch in one transaction, added to the result. Raises NotFound when the source is gone."""
    # One writer at a time for a source: the same reports at the same time become one item each,
    # and nobody waits for somebody who waits for them.
    rows = Source.objects.select_for_update(no_key=True).only("cursor", "masks_personal_data")
    row = rows.filter(pk=source.pk).first()
    if row is None:
        raise NotFound("source_not_found", "This source is not there any more.")
    # Whoever reads for long may have loaded it before people wanted this.
    source.masks_personal_data = row.masks_personal_data
    mine = _Batch(source, storing_states.Gone(row))
    mine.take(batch)
    mine.save()
    mine.count(result)
    Source.objects.filter(pk=source.pk).update(last_event_at=timezone.now())


class _Batch:
    """The rows that one batch touches."""

    def __init__(self, source: Source, gone: storing_states.Gone) -> None:
        self.source, self.gone = source, gone
        self.refused: list[Refused] = []
        self.filtered = self.duplicates = self.updated = 0
        self.states: dict[str, list[IncomingReport]] = {}
        self.fresh: dict[str, FeedbackItem] = {}
        self.known: dict[str, FeedbackItem] = {}
        self.changed: dict[int, FeedbackItem] = {}

    def take(self, batch: Sequence[Read]) -> None:
        """Sort what came by what it is about, and apply it to the rows, oldest state first."""
        for entry in batch:
            if isinstance(entry, Refused):
                masks = self.source.masks_personal_data
                self.refused.append(masking.mask_refused(entry) if masks else entry)
            elif isinstance(entry, Filtered):
                self.filtered += 1
            else:
                report = self._masked(entry)
                self.states.setdefault(report.external_id, []).append(report)
        rows = FeedbackItem.objects.filter(source=self.source, external_id__in=self.states)
        self.known = {item.external_id: item for item in rows}
        # In one order for everybody.
        for external_id in sorted(self.states):
            self._apply(external_id, sorted(self.states[external_id], key=_age))

    def save(self) -> None:
        """Write the rows, then the comments, and count the clusters again that they are in."""
        storing_states.archive_early(self.source, self.fresh.values())
        FeedbackItem.objects.bulk_create(self.fresh.values())
        self.gone.save()
        items = self.known | self.fresh
        touched = storing_comments.store(items, self.states)
        touched -= {item.pk for item in self.fresh.values()}
        if self.changed or touched or storing_states.are_told(self.source, self.states):
            self._revise(touched)

    def count(self, result: IngestResult) -> None:
        """Add this batch to what came before, and to the day's numbers."""
        result.created += self.fresh.values()
        result.refused += self.refused
        result.duplicates += self.duplicates
        result.updated += self.updated
        result.filtered += self.filtered
        source_days.count(
            self.source.pk,
            created=len(self.fresh),
            updated=self.updated,
            duplicates=self.duplicates,
            refused=len(self.refused),
            filtered=self.filtered,
        )

    def _masked(self, report: IncomingReport) -> IncomingReport:
        if not self.source.masks_personal_data:
            return report
        return masking.mask(report, settings.SECRET_KEY.encode())

    def _apply(self, external_id: str, states: Iterable[IncomingReport]) -> None:
        for report in states:
            item = self.known.get(external_id) or self.fresh.get(external_id)
            if item is not None:
                self._revised(item, report)
            elif (report.title or report.body) and not self.gone.covers(report):
                self.fresh[external_id] = _item(self.source, report)
            else:
                self.filtered += 1
                self.gone.note(report)

    def _revised(self, item: FeedbackItem, report: IncomingReport) -> None:
        if not revise(item, report):
            self.duplicates += 1
        elif item.pk is None:
            self.updated += 1
        else:
            self.updated += 1
            self.changed[item.pk] = item

    def _revise(self, commented: set[int]) -> None:
        # Before any row of an item: grouping and people's corrections take them in this order.
        Project.objects.select_for_update(no_key=True).get(pk=self.source.project_id)
        for item in self.changed.values():
            item.save(update_fields=REVISED)
        told = storing_states.tell(self.source, self.states)
        only_commented = commented - self.changed.keys()
        moved = min(len(only_commented), self.duplicates)
        self.duplicates, self.updated = self.duplicates - moved, self.updated + moved
        self._refresh({*self.changed, *commented, *told})

    @staticmethod
    def _refresh(item_ids: set[int]) -> None:
        touched = FeedbackItem.objects.filter(pk__in=item_ids).exclude(cluster=None)
        for cluster in Cluster.objects.filter(pk__in=touched.values("cluster")).order_by("pk"):
            clusters.refresh(cluster)


def revise(item: FeedbackItem, report: IncomingReport) -> bool:
    """Make an item what a later state of its report says; False when this one is not later.

    What the state does not say stays. The caller saves the item.
    """
    if not is_later(report.revised_at, item.revised_at):
        return False
    if report.title or report.body:
        item.title, item.body, item.metadata = report.title, report.body, _metadata(report)
    for name in ("author", "url", "occurred_at", "fingerprint"):
        if given := getattr(report, name):
            setattr(item, name, given)
    if report.trace:
        item.trace = storable(report.trace)
    item.revised_at = report.revised_at
    item.archived_at = report.revised_at if report.archived else None
    return True


def is_later(one: datetime | None, than: datetime | None) -> bool:
    """Whether a state is later than the one that is known; without a moment it never is."""
    return one is not None and (than is None or one > than)


def _age(report: IncomingReport) -> float:
    return report.revised_at.timestamp() if report.revised_at else float("-inf")


def _item(source: Source, report: IncomingReport) -> FeedbackItem:
    now = timezone.now()
    return FeedbackItem(
        project_id=source.project_id,
        source=source,
        external_id=report.external_id,
        title=report.title,
        body=report.body,
        author=report.author,
        url=report.url,
        occurred_at=report.occurred_at,
        metadata=_metadata(report),
        fingerprint=report.fingerprint,
        trace=storable(report.trace),
        revised_at=report.revised_at,
        archived_at=(report.revised_at or now) if report.archived else None,
        received_at=now,
    )


def _metadata(report: IncomingReport) -> dict[str, Any]:
    """The sender's and ours: what was found in the text is never taken from the sender."""
    given = {name: value for name, value in report.metadata.items() if name != OWN_METADATA}
    ours: Mapping[str, Any] = {OWN_METADATA: dict(report.screening)} if report.screening else {}
    found: dict[str, Any] = storable({**given, **ours})
    return found
