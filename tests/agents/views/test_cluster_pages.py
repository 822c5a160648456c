from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Job
from clusters.models import Cluster
from credentials.models import User
from tests.factories import make_item, make_job, make_plan, make_source

TABS = ["cluster", "cluster_plan", "cluster_jobs", "cluster_activity"]


def _page(client: Client, name: str, cluster: Cluster, query: str = "") -> str:
    answer = client.get(reverse(name, args=[cluster.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", TABS)
def test_every_tab_opens_with_and_without_a_plan(
    client: Client, bob: User, cluster: Cluster, name: str
) -> None:
    client.force_login(bob)
    assert cluster.title in _page(client, name, cluster)
    make_plan(cluster)
    assert cluster.title in _page(client, name, cluster)


@pytest.mark.parametrize("name", TABS)
def test_another_team_gets_404_and_a_stranger_the_login(
    client: Client, mallory: User, cluster: Cluster, name: str
) -> None:
    assert client.get(reverse(name, args=[cluster.pk])).status_code == 302
    client.force_login(mallory)
    assert client.get(reverse(name, args=[cluster.pk])).status_code == 404


@pytest.mark.parametrize("name", TABS)
def test_a_tab_is_no_post(client: Client, bob: User, cluster: Cluster, name: str) -> None:
    client.force_login(bob)
    assert client.post(reverse(name, args=[cluster.pk])).status_code == 405


@pytest.mark.parametrize("name", TABS)
def test_a_viewer_reads_everything_and_gets_no_buttons(
    client: Client, carol: User, cluster: Cluster, name: str
) -> None:
    make_plan(cluster)
    client.force_login(carol)
    main = _page(client, name, cluster).split("<main")[1].split("</main>")[0]
    assert "<form" not in main
    assert "Generate fix</button>" not in main


def test_evidence_is_narrowed_by_the_address(client: Client, bob: User, cluster: Cluster) -> None:
    mail = make_source(cluster.project, kind="email", name="mail")
    chat = make_source(cluster.project, kind="chat", name="chat")
    one = make_item(mail, cluster=cluster, body="from the mail", author="Dana")
    make_item(chat, cluster=cluster, body="from the chat", author="Ravi & Co")
    client.force_login(bob)
    assert "from the chat" in _page(client, "cluster", cluster)
    for query in (f"?report={one.pk}", f"?source={mail.pk}", "?author=Dana"):
        page = _page(client, "cluster", cluster, query)
        assert "from the mail" in page
        assert "from the chat" not in page
    assert "from the chat" in _page(client, "cluster", cluster, "?author=Ravi%20%26%20Co")


def test_reports_of_other_clusters_are_not_shown(
    client: Client, bob: User, cluster: Cluster
) -> None:
    other = make_item(make_source(cluster.project), body="somewhere else")
    client.force_login(bob)
    assert "somewhere else" not in _page(client, "cluster", cluster, f"?report={other.pk}")


@pytest.mark.parametrize(
    "query", ["?report=x", "?source=²", "?page=-1", "?author=%00", "?report=" + "9" * 40]
)
def test_nonsense_in_the_address_is_no_error(
    client: Client, bob: User, cluster: Cluster, query: str
) -> None:
    client.force_login(bob)
    _page(client, "cluster", cluster, query)


def test_a_report_is_only_text(client: Client, bob: User, cluster: Cluster) -> None:
    source = make_source(cluster.project, name="<b>mail</b>")
    make_item(
        source,
        cluster=cluster,
        title="<script>alert(1)</script>",
        body="x" * 2_000 + "<img src=x>",
        author="<i>",
        url="https://example.org/?a=1&b=2",
    )
    client.force_login(bob)
    page = _page(client, "cluster", cluster)
    for danger in ("<script>alert", "<img src=x", "<b>mail", "<i>"):
        assert danger not in page


def test_old_versions_are_read_and_not_edited(client: Client, bob: User, cluster: Cluster) -> None:
    make_plan(cluster, summary="The first words")
    make_plan(cluster, summary="The second words")
    client.force_login(bob)
    newest = _page(client, "cluster_plan", cluster)
    assert "The second words" in newest
    assert reverse("plan_edit", args=[cluster.pk, "summary"]) in newest
    old = _page(client, "cluster_plan", cluster, "?version=1")
    assert "The first words" in old
    assert reverse("plan_edit", args=[cluster.pk, "summary"]) not in old
    assert client.get(reverse("cluster_plan", args=[cluster.pk]) + "?version=7").status_code == 404


def test_criteria_lead_to_their_evidence(client: Client, bob: User, cluster: Cluster) -> None:
    item = make_item(make_source(cluster.project), cluster=cluster)
    make_plan(cluster, criteria=[{"text": "Both apply", "evidence": [item.pk]}])
    client.force_login(bob)
    assert f"{reverse('cluster', args=[cluster.pk])}?report={item.pk}" in _page(
        client, "cluster_plan", cluster
    )


class TestStartFix:
    @pytest.fixture(autouse=True)
    def run(self) -> Iterator[mock.Mock]:
        """No broker runs in these tests."""
        with mock.patch("agents.queue.run_job") as asked:
            yield asked

    def _start(self, client: Client, cluster: Cluster) -> str:
        answer = client.post(reverse("start_fix", args=[cluster.pk]), {"runner": "local_scripted"})
        assert answer.status_code == 302
        return str(answer["Location"])

    def test_it_leads_to_the_job(self, client: Client, bob: User, cluster: Cluster) -> None:
        make_plan(cluster, approved_by=bob)
        client.force_login(bob)
        where = self._start(client, cluster)
        assert where == reverse("job", args=[Job.objects.get().pk])

    def test_the_second_click_leads_to_the_same_job(
        self, client: Client, bob: User, cluster: Cluster
    ) -> None:
        make_plan(cluster, approved_by=bob)
        client.force_login(bob)
        assert self._start(client, cluster) == self._start(client, cluster)

    def test_a_plan_that_nobody_approved_stays_one(
        self, client: Client, bob: User, cluster: Cluster
    ) -> None:
        make_plan(cluster)
        client.force_login(bob)
        page = client.get(self._start(client, cluster)).content.decode()
        assert "approve" in page
        assert not Job.objects.exists()

    def test_an_unknown_runner_is_explained(
        self, client: Client, bob: User, cluster: Cluster
    ) -> None:
        make_plan(cluster, approved_by=bob)
        client.force_login(bob)
        answer = client.post(
            reverse("start_fix", args=[cluster.pk]), {"runner": "moon_base"}, follow=True
        )
        assert "moon_base is not ready here" in answer.content.decode()


def test_a_running_job_is_watched_instead_of_started(
    client: Client, bob: User, cluster: Cluster
) -> None:
    job = make_job(cluster.project, cluster, status="running")
    client.force_login(bob)
    page = _page(client, "cluster", cluster)
    assert f"Watch job {job.pk}" in page
    assert "Generate fix</button>" not in page
