"""Fixes that the product proposes by itself, each for a person to start or to turn down."""

from __future__ import annotations

import structlog
from django.db.models import Exists, F, OuterRef

from agents.models import Job
from agents.services import jobs
from clusters.models import Cluster

log = structlog.get_logger(__name__)

# Proposals of one look, so that switching them on does not flood a list.
AT_ONCE = 20


def propose_due() -> list[int]:
    """Propose fixes for what as many people report as the projects say; the new jobs' ids.

    A cluster gets one proposal in its life: one that was turned down, or any job that a person
    started, is an answer.
    """
    made = []
    for cluster in _due():
        if job := jobs.propose_fix(cluster):
            log.info("fix_proposed", job=job.pk, cluster=cluster.pk)
            made.append(job.pk)
    return made


def _due() -> list[Cluster]:
    worked_on = Job.objects.filter(cluster=OuterRef("pk"))
    found = Cluster.objects.filter(
        ~Exists(worked_on),
        status__in=[Cluster.Status.NEW, Cluster.Status.PLANNED],
        project__archived_at=None,
        project__propose_fixes_at__isnull=False,
        reporter_count__gte=F("project__propose_fixes_at"),
    )
    loudest_first = found.select_related("project__team").order_by("-reporter_count", "id")
    return list(loudest_first[:AT_ONCE])
