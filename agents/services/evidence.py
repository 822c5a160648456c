"""What a worker keeps of an execution: receipts, files, refused places. Under the lease's fence."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction

from agents.logs.hints import notify_job_changed
from agents.models import Artifact, Execution, Receipt
from agents.pipelines import base
from agents.sandboxes.base import Blocked
from agents.services.leases import Lease, fenced
from agents.services.outages import is_full, outlasting

TESTS_KEPT = 20_000
MESSAGE_KEPT = 4_000
BLOCKED_KEPT = 100


@outlasting
def store_blocked(lease: Lease, execution: Execution, place: Blocked, phase: base.Phase) -> bool:
    """Keep a place that was blocked; False when it was kept before, or there are very many."""
    entry = {"host": place.host[:253], "port": place.port, "phase": phase.value}
    with fenced(lease):
        known = Execution.objects.values_list("blocked", flat=True).get(pk=execution.pk)
        if entry in known or len(known) >= BLOCKED_KEPT:
            return False
        Execution.objects.filter(pk=execution.pk).update(blocked=[*known, entry])
    notify_job_changed(lease.job_id)
    return True


@outlasting
def store_receipt(
    lease: Lease, execution: Execution, draft: base.ReceiptDraft, *, first_seq: int, last_seq: int
) -> None:
    """Keep a receipt; the same kind and round again replaces it (a step that was repeated)."""
    outcomes = [test.outcome for test in draft.tests]
    tests = [
        {**asdict(test), "message": test.message[:MESSAGE_KEPT]}
        for test in draft.tests[:TESTS_KEPT]
    ]
    with fenced(lease):
        Receipt.objects.update_or_create(
            execution=execution,
            kind=draft.kind.value,
            round=draft.round,
            defaults={
                "status": draft.status.value,
                "command": draft.command,
                "commit": draft.commit,
                "exit_code": draft.exit_code,
                "seconds": draft.seconds,
                "passed": outcomes.count("passed"),
                "failed": outcomes.count("failed") + outcomes.count("error"),
                "skipped": outcomes.count("skipped"),
                "tests": tests,
                "coverage": draft.coverage,
                "note": draft.note,
                "first_seq": first_seq,
                "last_seq": last_seq,
            },
        )
    notify_job_changed(lease.job_id)


@outlasting
def store_artifact(lease: Lease, execution: Execution, artifact: base.Artifact) -> None:
    """Keep a file; the same kind and name again replaces it."""
    with fenced(lease):
        row = Artifact.objects.filter(
            execution=execution, kind=artifact.kind, name=artifact.name
        ).first()
        if row:
            # Only when the row names the new one: a worker may die in between.
            old = row.file
            transaction.on_commit(partial(old.storage.delete, str(old.name)))
        row = row or Artifact(execution=execution, kind=artifact.kind, name=artifact.name)
        row.media_type, row.size = artifact.media_type, len(artifact.data)
        row.sha256 = hashlib.sha256(artifact.data).hexdigest()
        # The name on disk is ours: an agent's file name never becomes a path.
        _save_file(row, f"{execution.pk}-{row.sha256[:16]}", artifact.data)
        try:
            row.save()
        except Exception:
            row.file.storage.delete(str(row.file.name))  # no row will ever name it
            raise


def _save_file(row: Artifact, name: str, data: bytes) -> None:
    """Put it on the disk; raises Stop when that is full, and leaves no part of it there then."""
    storage = row.file.storage
    path = storage.get_available_name(row.file.field.generate_filename(row, name))
    try:
        row.file.name = storage.save(path, ContentFile(data))
    except OSError as error:
        storage.delete(path)
        if not is_full(error):
            raise
        said = "There is no space left where the platform keeps files."
        raise base.Stop("disk_full", said) from error


@outlasting
def kept(execution: Execution, kind: str, name: str) -> bytes:
    """The bytes of a file that was kept; b"" when there is none, or it is gone from the disk."""
    row = Artifact.objects.filter(execution=execution, kind=kind, name=name).first()
    if row is None or not row.size:
        return b""
    try:
        with row.file.open("rb") as file:
            data: bytes = file.read()
    except FileNotFoundError:
        return b""  # restored from a backup of the database alone, for instance
    return data if hashlib.sha256(data).hexdigest() == row.sha256 else b""
