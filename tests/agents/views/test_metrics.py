"""The page of metrics, its file, and the parts that tell where a cluster stands."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import PullRequest
from clusters.models import Cluster, ClusterChange, Project, SourceDay
from clusters.services.clusters import refresh
from credentials.models import User
from tests import factories


@pytest.fixture
def busy(project: Project, alice: User) -> Project:
    now = timezone.now()
    source = factories.make_source(project, name="=Mail", last_event_at=now)
    SourceDay.objects.create(source=source, day=now.date(), created=40, refused=2)
    cluster = factories.make_cluster(project, first_seen=now - timedelta(hours=5))
    factories.make_plan(cluster, approved_by=alice)
    PullRequest.objects.create(
        project=project, cluster=cluster, number=1, title="<b>Fix", branch="b"
    )
    ClusterChange.objects.create(
        project=project, kind="split", before={}, after={"facts": {"count": 4}}
    )
    return project


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_numbers_are_on_the_page(client: Client, alice: User, busy: Project) -> None:
    client.force_login(alice)
    shown = page(client, "/insights/")
    for text in (
        "Clusters in and out", "5 h 0 m", "90.0 %", "Of 40 new reports, people took 4 out",
        "1 correction, 2.5 for each hundred", "Approved", "=Mail", "&lt;b&gt;Fix",
    ):  # fmt: skip
        assert text in shown
    assert "<b>Fix" not in shown
    assert shown.count("<table") == 4


def test_a_viewer_may_read_them(client: Client, carol: User, busy: Project) -> None:
    client.force_login(carol)
    assert "Clusters in and out" in page(client, f"/insights/?project={busy.pk}")


@pytest.mark.parametrize(
    ("wanted", "weeks"), [("4", 4), ("52", 52), ("", 12), ("7", 12), ("x", 12)]
)
def test_the_address_says_how_many_weeks(
    client: Client, alice: User, busy: Project, wanted: str, weeks: int
) -> None:
    client.force_login(alice)
    answer = client.get(f"/insights/?weeks={wanted}")
    assert len(answer.context["found"].span.mondays) == weeks


@pytest.mark.parametrize("wanted", ["999999", "x", "-1", "9" * 40])
def test_a_project_that_is_not_yours_is_not_there(
    client: Client, alice: User, wanted: str, busy: Project
) -> None:
    client.force_login(alice)
    assert client.get("/insights/", {"project": wanted}).status_code == 404
    assert client.get("/insights/export.csv", {"project": wanted}).status_code == 404


@pytest.mark.parametrize("address", ["/insights/", "/insights/export.csv"])
def test_strangers_sign_in_and_others_see_nothing(
    client: Client, mallory: User, busy: Project, address: str
) -> None:
    assert client.get(address).status_code == 302
    client.force_login(mallory)
    assert client.get(f"{address}?project={busy.pk}").status_code == 404
    answer: Any = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert b"=Mail" not in body
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("fill", [False, True])
def test_without_anything_it_teaches(client: Client, alice: User, project: Project, *, fill: bool) -> None:  # fmt: skip
    if not fill:
        project.delete()
    client.force_login(alice)
    shown = page(client, "/insights/")
    assert "Nothing to count yet" in shown
    assert ("Go to the inbox" if fill else "Connect a project") in shown
    assert '<svg class="chart' not in shown


def rows(client: Client, address: str) -> list[list[str]]:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    text = b"".join(answer.streaming_content).decode()
    return list(csv.reader(text.splitlines()))


def test_the_file_has_a_line_for_each_week(client: Client, alice: User, busy: Project) -> None:
    client.force_login(alice)
    header, *weeks = rows(client, "/insights/export.csv?weeks=4")
    assert len(weeks) == 4
    last = dict(zip(header, weeks[-1], strict=True))
    assert (last["opened"], last["reports"], last["taken_out"], last["splits"]) == (
        "1", "40", "4", "1",
    )  # fmt: skip
    assert float(last["median_hours_to_pull_request"]) == 5.0
    assert last["median_hours_to_merge"] == ""


def test_the_file_of_sources_has_no_formulas(client: Client, alice: User, busy: Project) -> None:
    client.force_login(alice)
    header, line = rows(client, "/insights/export.csv?of=sources")
    found = dict(zip(header, line, strict=True))
    assert (found["source"], found["created"], found["refused"]) == ("'=Mail", "40", "2")


def test_the_bar_leads_to_it(client: Client, alice: User, busy: Project) -> None:
    client.force_login(alice)
    assert f'href="{reverse("insights")}?project={busy.pk}" data-go="m"' in page(
        client, f"/insights/?project={busy.pk}"
    )


def shown(tag: str, cluster: Cluster) -> str:
    return Template("{% load standing %}{% " + tag + " cluster %}").render(
        Context({"cluster": cluster})
    )


def test_a_cluster_says_where_it_stands(project: Project) -> None:
    cluster = factories.make_cluster(project)
    factories.make_item(
        factories.make_source(project),
        cluster=cluster,
        author="Ada",
        body="<i>It crashes at every checkout.",
    )
    refresh(cluster)
    text = shown("standing", cluster)
    assert "1 person reported it." in text
    assert "+1.0" in text
    assert "Can it be started?" in text
    assert shown("addressed", cluster).strip() == ""
    assert "&lt;i&gt;It crashes at every checkout." in shown("summary", cluster)
    assert f"?report={cluster.summary_quotes[0]['item']}" in shown("summary", cluster)


def test_a_cluster_without_reports_says_so(project: Project) -> None:
    assert "It has no reports." in shown("standing", factories.make_cluster(project))


def test_what_is_done_already_and_what_came_back_is_said(project: Project) -> None:
    told = {"kind": "merged", "text": "Pull request #1 was merged.", "url": "", "at": "2026-11-20"}
    cluster = factories.make_cluster(project, addressed=told)
    assert "It may be done already." in shown("addressed", cluster)
    cluster.addressed = {**told, "kind": "came_back", "url": "https://x.test/1"}
    text = shown("addressed", cluster)
    assert "It came back." in text
    assert 'rel="nofollow noopener noreferrer"' in text
    cluster.status = Cluster.Status.RESOLVED
    assert shown("addressed", cluster).strip() == ""


def test_a_models_words_say_that_they_are(project: Project) -> None:
    cluster = factories.make_cluster(
        project, summary="Exports end early.", described_by="anthropic:claude", actionability="actionable",
    )  # fmt: skip
    assert "Written by the model anthropic:claude." in shown("summary", cluster)
    assert "Said by the model anthropic:claude." in shown("standing", cluster)
