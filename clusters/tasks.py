"""Where background work on feedback begins. Unknown arguments come from newer versions."""

from __future__ import annotations

import os
import socket

from celery import shared_task

from clusters.models import Cluster, Project
from clusters.queue import send
from clusters.services import grouping, intake, ranking
from clusters.services.grouping import coherence, refining
from clusters.services.plans import drafting
from clusters.services.ranking import addressed, describing
from clusters.services.sources import removal as source_removal
from clusters.services.sources import syncing

# Seconds between two looks for sources whose time has come.
SYNC_SWEEP = 30.0


@shared_task(name="clusters.group")
def group(project_id: int, **ignored: object) -> None:
    """Group a project's waiting feedback."""
    project = Project.objects.filter(pk=project_id).first()
    if project is not None:
        grouping.group_waiting(project)


@shared_task(name="clusters.refine")
def refine(project_id: int, **ignored: object) -> None:
    """Find a project's groups anew where nobody decided otherwise; not again for nothing."""
    project = Project.objects.filter(pk=project_id).first()
    if project is not None and refining.is_due(project):
        grouping.refine(project)


@shared_task(name="clusters.judge")
def judge(cluster_id: int, **ignored: object) -> None:
    """Judge whether a cluster holds one matter."""
    cluster = Cluster.objects.select_related("project__team").filter(pk=cluster_id).first()
    if cluster is not None:
        coherence.judge(cluster)


@shared_task(name="clusters.sweep")
def sweep(**ignored: object) -> None:
    """Group feedback whose message was lost."""
    for project in grouping.projects_with_waiting_feedback():
        grouping.group_waiting(project)


@shared_task(name="clusters.sync")
def sync(source_id: int, **ignored: object) -> None:
    """Fetch what is new of a source."""
    syncing.sync(source_id, f"{socket.gethostname()}:{os.getpid()}")


@shared_task(name="clusters.sync_due")
def sync_due(**ignored: object) -> None:
    """Have every source fetched whose time has come, or whose worker fell silent."""
    for source_id in syncing.due():
        send("clusters.sync", source_id, expires=SYNC_SWEEP)


@shared_task(name="clusters.describe")
def describe(cluster_id: int, **ignored: object) -> None:
    """Have a model find a cluster's title and summary."""
    describing.by_model(cluster_id)


@shared_task(name="clusters.rescore")
def rescore(**ignored: object) -> None:
    """Let trends pass that are over, and look which clusters' work is done already."""
    ranking.rescore()
    addressed.look_in_histories()


@shared_task(name="clusters.draft_plan")
def draft_plan(drafting_id: int, **ignored: object) -> None:
    """Write a plan from the evidence, which computes for seconds."""
    drafting.run(drafting_id)


@shared_task(name="clusters.ask_for_plan")
def ask_for_plan(drafting_id: int, **ignored: object) -> None:
    """Have a model write a plan, which mostly waits."""
    drafting.run(drafting_id)


@shared_task(name="clusters.sweep_draftings")
def sweep_draftings(**ignored: object) -> None:
    """Take up plans again that were lost with a worker or a message."""
    drafting.sweep()


@shared_task(name="clusters.read_intake")
def read_intake(source_id: int, **ignored: object) -> None:
    """Read what was sent to a source; a second message finds nothing that waits."""
    intake.read_waiting(source_id)


@shared_task(name="clusters.sweep_intake")
def sweep_intake(**ignored: object) -> None:
    """Have messages read whose task was lost, or that are to be tried again."""
    for source_id in intake.forgotten():
        send("clusters.read_intake", source_id, expires=60)
    intake.write_down()


@shared_task(name="clusters.tidy_intake")
def tidy_intake(**ignored: object) -> None:
    """Remove messages that were read two weeks ago, and what is left of removed sources."""
    intake.remove_old()
    for source_id in source_removal.forgotten():
        send("clusters.delete_reports", source_id, expires=3600)


@shared_task(name="clusters.delete_reports")
def delete_reports(source_id: int, **ignored: object) -> None:
    """Delete the reports of a source that was removed with them."""
    source_removal.finish(source_id)
