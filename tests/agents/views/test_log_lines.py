from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from agents.views.log_lines import line_after
from clusters.models import Cluster
from credentials.models import User
from tests.factories import make_chunks, make_execution, make_job


@pytest.mark.parametrize(
    ("chunks", "line"),
    [
        ([], 1),
        ([("output", "a\nb\n")], 3),
        ([("output", "a\nb")], 3),
        ([("output", "a"), ("output", "b\n")], 2),
        ([("output", "a"), ("platform", "b\n")], 3),
        ([("output", "a\n\x1b[0m")], 2),
        ([("output", "a"), ("output", "\n"), ("output", "\n")], 3),
    ],
)
def test_lines_are_numbered_as_the_page_does(chunks: list[tuple[str, str]], line: int) -> None:
    assert line_after(chunks) == line


def test_a_step_leads_to_its_line(
    client: Client, bob: User, mallory: User, cluster: Cluster
) -> None:
    job = make_job(cluster.project, cluster)
    make_chunks(make_execution(job), "one\ntwo\n", "three\n", "four\n")
    url = reverse("job_log_at", args=[job.pk, 3])
    client.force_login(bob)
    assert client.get(url)["Location"] == reverse("job", args=[job.pk]) + "#L4"
    client.force_login(mallory)
    assert client.get(url).status_code == 404
