"""Webhooks: kept when they come, processed later, kept for a while to be told again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents import queue
from agents.models import WebhookDelivery
from agents.services import github_events
from clusters.forges.github import events
from clusters.forges.github.events import Payload

log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
MOST_ATTEMPTS = 5
# After this long, the message to the worker is taken for lost.
PATIENCE = timedelta(minutes=1)


def receive(delivery_id: UUID, event: str, text: str, payload: Payload) -> bool:
    """Keep a delivery and have it processed soon; False when it was kept before."""
    repository = events.repository_of(payload)
    with transaction.atomic():
        row, created = WebhookDelivery.objects.get_or_create(
            delivery_id=delivery_id,
            defaults={
                "event": event,
                "action": events.action_of(payload),
                "repository": repository.full_name,
                "repository_id": repository.id or None,
                "body": text,
            },
        )
        if created:
            queue.handle_delivery(row.pk)
    return created


def process(row_id: int) -> None:
    """Do what a delivery asks for, once; an error is kept and raised, and tried again later."""
    waiting = WebhookDelivery.objects.filter(pk=row_id, processed_at=None)
    if not waiting.update(attempts=F("attempts") + 1):
        return
    try:
        with transaction.atomic():
            _process(row_id)
    except Exception as error:
        told = f"{type(error).__name__}: {error}".replace("\0", "")
        waiting.update(outcome=WebhookDelivery.Outcome.FAILED, error=told[:2000])
        raise


def again(row_ids: Iterable[int]) -> int:
    """Have deliveries processed once more, whatever came of them; how many."""
    ids = list(row_ids)
    with transaction.atomic():
        count = WebhookDelivery.objects.filter(pk__in=ids).update(
            processed_at=None, attempts=0, outcome="", note="", error=""
        )
        for row_id in ids:
            queue.handle_delivery(row_id)
    return count


def forgotten() -> list[int]:
    """Deliveries whose message was lost or whose processing failed, oldest first."""
    rows = WebhookDelivery.objects.filter(
        processed_at=None,
        received_at__lt=timezone.now() - PATIENCE,
        attempts__lt=MOST_ATTEMPTS,
    )
    return list(rows.order_by("received_at").values_list("pk", flat=True)[:100])


def remove_old() -> int:
    """Remove what was kept long enough; how many."""
    old = WebhookDelivery.objects.filter(received_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _process(row_id: int) -> None:
    row = WebhookDelivery.objects.select_for_update().get(pk=row_id)
    if row.processed_at is not None:
        return
    result = github_events.handle(row.event, events.load(row.body))
    row.outcome, row.note, row.error = result.outcome, result.note[:300], ""
    row.processed_at = timezone.now()
    row.save(update_fields=["outcome", "note", "error", "processed_at"])
    log.info("delivery_processed", told=row.event, action=row.action, outcome=row.outcome)
