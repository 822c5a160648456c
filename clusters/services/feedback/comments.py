"""Comments of reports: the newest state of each, and what was deleted where it came from stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clusters.models import FeedbackComment, FeedbackItem
from clusters.services.feedback.storable import storable
from clusters.sources.base import IncomingComment, IncomingReport

CHANGED = ("body", "author", "url", "occurred_at", "revised_at", "metadata")


def store(
    items: Mapping[str, FeedbackItem], states: Mapping[str, Sequence[IncomingReport]]
) -> set[int]:
    """Keep the comments that came with reports, by external id; the items that got or changed one."""
    told = {items[key].pk: _newest(states[key]) for key in states if key in items}
    told = {item_id: comments for item_id, comments in told.items() if comments}
    rows = FeedbackComment.objects.filter(item__in=told)
    known = {(row.item_id, row.external_id): row for row in rows}
    fresh, touched = [], set()
    for item_id, comments in told.items():
        for external_id in sorted(comments):
            comment, row = comments[external_id], known.get((item_id, external_id))
            if row is None:
                fresh.append(_filled(FeedbackComment(item_id=item_id), comment))
            elif _is_later(comment, row.revised_at):
                _filled(row, comment).save(update_fields=CHANGED)
            else:
                continue
            touched.add(item_id)
    FeedbackComment.objects.bulk_create(fresh, batch_size=500)
    return touched


def _newest(reports: Sequence[IncomingReport]) -> dict[str, IncomingComment]:
    found: dict[str, IncomingComment] = {}
    for report in reports:
        for comment in report.comments or ():
            before = found.get(comment.external_id)
            if before is None or _is_later(comment, before.revised_at):
                found[comment.external_id] = comment
    return found


def _is_later(comment: IncomingComment, than: object) -> bool:
    return comment.revised_at is not None and (than is None or comment.revised_at > than)  # type: ignore[operator]


def _filled(row: FeedbackComment, comment: IncomingComment) -> FeedbackComment:
    row.external_id, row.body = comment.external_id, comment.body
    row.author, row.url = comment.author, comment.url
    row.occurred_at, row.revised_at = comment.occurred_at, comment.revised_at
    row.metadata = storable({"screening": comment.screening}) if comment.screening else {}
    return row
