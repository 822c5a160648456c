"""Which keys a job worked with, as its page tells people."""

from __future__ import annotations

from agents.models import Job
from credentials.models import Credential, User


def key_lines(job: Job, viewer: User) -> list[str]:
    """The keys that were used, or the chosen one before that; a person's own digits are theirs."""
    used = Credential.objects.filter(uses__job_id=job.pk).select_related("user").distinct()
    found = list(used.order_by("pk"))
    if not found and job.credential_id is not None:
        found = list(Credential.objects.filter(pk=job.credential_id).select_related("user"))
    return [_line(key, viewer) for key in found]


def _line(key: Credential, viewer: User) -> str:
    if key.user is None:
        return f"{key}, the team's"
    if key.user == viewer:
        return f"{key}, yours"
    return f"{key.get_provider_display()}, {key.user.username}'s own"
