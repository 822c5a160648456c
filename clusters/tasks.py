"""Where background work on feedback begins. Unknown arguments come from newer versions."""

from __future__ import annotations

from celery import shared_task

from clusters.models import Project
from clusters.services import clusters


@shared_task(name="clusters.group")
def group(project_id: int, **ignored: object) -> None:
    """Group a project's waiting feedback."""
    project = Project.objects.filter(pk=project_id).first()
    if project is not None:
        clusters.group_waiting(project)


@shared_task(name="clusters.sweep")
def sweep(**ignored: object) -> None:
    """Group feedback whose message was lost."""
    for project in clusters.projects_with_waiting_feedback():
        clusters.group_waiting(project)
