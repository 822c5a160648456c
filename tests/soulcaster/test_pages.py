"""What holds for every page: no inline code or style, a title, one heading, pages for errors."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse

from clusters.models import Cluster
from credentials.models import User
from soulcaster.error_pages import broken
from soulcaster.styleguide import styleguide
from tests.factories import make_execution, make_item, make_job, make_plan, make_source

# Blocks of data are no scripts: no browser runs them.
INLINE = re.compile(
    r"<script(?![^>]*\b(?:src=|type=\"application/json\"))|<style|\sstyle=|\son[a-z]+=|javascript:",
    re.IGNORECASE,
)


@pytest.fixture
def addresses(alice: User, cluster: Cluster) -> list[str]:
    """A page of each kind, with something on it."""
    item = make_item(make_source(cluster.project), cluster=cluster)
    make_plan(cluster, criteria=[{"text": "It holds", "evidence": [item.pk]}])
    job = make_job(cluster.project, cluster, runner="local_scripted", status="running")
    make_execution(job)
    of_project = ["project_settings", "project_import", "feedback_new"]
    of_cluster = ["cluster", "cluster_plan", "cluster_jobs", "cluster_activity", "cluster_edit"]
    of_job = ["job", "job_receipts", "job_diff", "job_prompt", "job_activity"]
    return [
        *(reverse(name) for name in ("inbox", "jobs", "queue", "tokens", "profile")),
        reverse("project_new"),
        *(reverse(name, args=[cluster.project.pk]) for name in of_project),
        *(reverse(name, args=[cluster.pk]) for name in of_cluster),
        *(reverse(name, args=[job.pk]) for name in of_job),
        *(
            reverse("plan_edit", args=[cluster.pk, name])
            for name in ("summary", "files", "criteria")
        ),
    ]


def test_every_page_keeps_the_content_security_policy(
    client: Client, alice: User, addresses: list[str]
) -> None:
    client.force_login(alice)
    for address in addresses:
        answer = client.get(address)
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert not INLINE.findall(answer.content.decode()), address


def test_every_page_has_a_title_one_heading_and_a_main_part(
    client: Client, alice: User, addresses: list[str]
) -> None:
    client.force_login(alice)
    for address in addresses:
        page = client.get(address).content.decode()
        assert page.count("<h1") == 1, address
        assert page.count("<main") == 1, address
        assert re.search(r"<title>\s*\S.* · Soulcaster</title>", page), address


def test_every_page_is_small(client: Client, alice: User, addresses: list[str]) -> None:
    client.force_login(alice)
    for address in addresses:
        assert len(client.get(address).content) < 60_000, address


def test_what_is_not_there_says_where_to_go(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/clusters/999/")
    assert answer.status_code == 404
    assert 'href="/"' in answer.content.decode()


def test_a_page_of_last_resort_needs_nothing(rf: RequestFactory) -> None:
    answer = broken(rf.get("/"))
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


def test_the_style_guide_shows_every_part(rf: RequestFactory) -> None:
    request = rf.get("/styleguide/")
    request.user = AnonymousUser()
    page = styleguide(request).content.decode()
    assert "outside the plan" in page
    assert not INLINE.findall(page)
