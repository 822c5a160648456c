"""Priorities as forms show and send them."""

from __future__ import annotations

from django.http import HttpRequest

from agents.models import Job

# The most urgent first.
PRIORITIES = [(each.name.lower(), each.label) for each in reversed(Job.Priority)]


def priority_of(request: HttpRequest) -> int | None:
    """The priority of a form; None when it names none."""
    by_name = {each.name.lower(): int(each.value) for each in Job.Priority}
    return by_name.get(request.POST.get("priority", ""))


def priority_name(job: Job) -> str:
    """As forms and the API call it."""
    return Job.Priority(job.priority).name.lower()
