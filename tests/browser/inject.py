"""Writes a job and its log as a worker does, in a process of the product: for tests of the page.

`begin PROJECT` prints the job's number; `write JOB FILE` takes a JSON list of [stream, base64 of
the bytes], each becomes chunks of its own, or [step, name] and [step_end, name]; `end JOB`.
`session USERNAME` prints the cookie of somebody who is signed in.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.utils import timezone  # noqa: E402

from agents.logs.hints import notify_job_changed  # noqa: E402
from agents.logs.recorder import Recorder  # noqa: E402
from agents.logs.scrubber import Scrubber  # noqa: E402
from agents.models import Execution, Job, Step  # noqa: E402
from credentials.models import User  # noqa: E402


def begin(project: str) -> None:
    job = Job.objects.create(
        project_id=int(project),
        title="A log of all kinds",
        runner="local_scripted",
        status=Job.Status.RUNNING,
        started_at=timezone.now(),
        fence=1,
        lease_owner="test",
        lease_until=timezone.now() + timedelta(hours=1),
    )
    Execution.objects.create(job=job, fence=1)
    print(job.pk)  # noqa: T201 - what the caller asked for


def write(job: str, file: str) -> None:
    execution = Execution.objects.get(job_id=int(job))
    recorder = Recorder(execution.pk, 1, Scrubber(()))
    for kind, value in json.loads(Path(file).read_text()):
        if kind == "step":
            Step.objects.create(execution=execution, name=value, first_seq=recorder.position())
        elif kind == "step_end":
            Step.objects.filter(execution=execution, name=value).update(
                status=Step.Status.COMPLETED,
                last_seq=recorder.position(),
                finished_at=timezone.now(),
            )
        else:
            recorder.write(kind, base64.b64decode(value))
            recorder.flush()
    recorder.close(final=True)
    notify_job_changed(int(job))


def end(job: str) -> None:
    Execution.objects.filter(job_id=int(job)).update(status=Execution.Status.COMPLETED)
    Job.objects.filter(pk=int(job)).update(
        status=Job.Status.COMPLETED, outcome="unverified", finished_at=timezone.now()
    )
    notify_job_changed(int(job))


def session(username: str) -> None:
    user = User.objects.get(username=username)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    print(f"{settings.SESSION_COOKIE_NAME}={store.session_key}")  # noqa: T201


if __name__ == "__main__":
    commands: list[Callable[..., None]] = [begin, write, end, session]
    {each.__name__: each for each in commands}[sys.argv[1]](*sys.argv[2:])
