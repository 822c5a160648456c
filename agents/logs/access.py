"""Whether somebody may look at a job's log, by what the database and the forge say now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections

from agents.models import Job
from clusters.forges.base import ForgeError
from clusters.models import Project
from clusters.services.projects import repositories
from credentials.errors import Forbidden
from credentials.models import User

log = structlog.get_logger(__name__)

# The codes that a log's websocket closes with.
NOT_SIGNED_IN = 4401
NO_ACCESS = 4403
NOT_FOUND = 4404
UNSURE = 4503  # the forge does not say whether the viewer may read the repository

# Forges answer when they like: in threads of their own they hold up nobody's log.
_FORGES = ThreadPoolExecutor(4, thread_name_prefix="log-access")


async def refusal(session_key: str | None, job_id: int) -> int:
    """0, or the code to close with.

    A stranger learns nothing, not even that there is such a job.
    """
    found = await _found(session_key, job_id)
    if isinstance(found, int):
        return found
    return await _asked(*found)


@database_sync_to_async
def _found(session_key: str | None, job_id: int) -> int | tuple[Project, User]:
    """The job's project and who looks at it, or a code."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request: Any = SimpleNamespace(session=store(session_key))  # all of it that is looked at
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        return NOT_SIGNED_IN
    job = Job.objects.for_user(user).filter(pk=job_id).select_related("project")
    found = job.only("project").first()
    if found is None:
        return NOT_FOUND
    # A local repository has no forge that could be slow: being in the team is enough.
    return 0 if found.project.forge == Project.Forge.LOCAL else (found.project, user)


def _ask(project: Project, user: User) -> int:
    try:
        repositories.require_read(project, user)
    except Forbidden:
        return NO_ACCESS
    except ForgeError as error:
        log.info("forge_not_asked", project=project.pk, code=error.code)
        return UNSURE
    finally:
        connections.close_all()  # nobody else uses those of this thread
    return 0


_asked = sync_to_async(_ask, thread_sensitive=False, executor=_FORGES)
