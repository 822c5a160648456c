"""Where background work on feedback begins."""

from __future__ import annotations

from celery import shared_task

from clusters.models import Project
from clusters.services import clusters


@shared_task(name="clusters.group")
def group(project_id: int, **ignored: object) -> None:
    """Group a project's waiting feedback. Unknown arguments come from a newer version."""
    project = Project.objects.filter(pk=project_id).first()
    if project is not None:
        clusters.group_waiting(project)
