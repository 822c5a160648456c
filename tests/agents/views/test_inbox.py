from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clusters.models import Cluster, Project
from credentials.models import Team, User
from tests.factories import make_cluster, make_item, make_job, make_project, make_source


def _titles(client: Client, query: str = "") -> list[str]:
    return [row.cluster.title for row in client.get(f"/{query}").context["rows"]]


def test_without_a_project_it_says_how_to_begin(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.get("/").content.decode()
    assert reverse("project_new") in page


def test_without_feedback_it_teaches_the_three_ways_in(
    client: Client, bob: User, project: Project
) -> None:
    client.force_login(bob)
    page = client.get("/").content.decode()
    assert reverse("project_import", args=[project.pk]) in page
    assert reverse("feedback_new", args=[project.pk]) in page
    assert f"curl -X POST http://testserver/api/projects/{project.pk}/feedback" in page


def test_most_impact_first_and_what_is_done_last(
    client: Client, bob: User, project: Project
) -> None:
    make_cluster(project, title="small", impact=1, reporter_count=20)
    make_cluster(project, title="done", impact=90, status="resolved")
    make_cluster(project, title="large", impact=9, reporter_count=9)
    make_cluster(project, title="spam", impact=99, status="dismissed")
    client.force_login(bob)
    assert _titles(client) == ["large", "small", "done"]
    assert _titles(client, "?sort=people") == ["small", "large", "done"]


def test_what_was_merged_away_is_in_no_list(client: Client, bob: User, project: Project) -> None:
    stays = make_cluster(project, title="coupon")
    make_cluster(project, title="coupon too", status="dismissed", merged_into=stays)
    client.force_login(bob)
    for query in ("", "?status=dismissed", "?q=coupon"):
        page = client.get(f"/{query}")
        assert "coupon too" not in page.content.decode()
        counts = {entry.value: entry.count for entry in page.context["filters"]}
        assert counts.get("dismissed", 0) == 0


def test_clusters_are_narrowed_to_what_somebody_could_start_on(
    client: Client, bob: User, project: Project
) -> None:
    make_cluster(project, title="ready", actionability="actionable")
    make_cluster(project, title="vague", actionability="needs_info")
    client.force_login(bob)
    assert _titles(client, "?act=needs_info") == ["vague"]
    assert set(_titles(client, "?act=nonsense")) == {"ready", "vague"}


def test_after_a_correction_the_list_alone_is_asked_for(
    client: Client, bob: User, cluster: Cluster
) -> None:
    client.force_login(bob)
    part = client.get("/", headers={"HX-Request": "true", "HX-Target": "triage"}).content.decode()
    assert cluster.title in part
    assert "<html" not in part
    assert 'hx-swap-oob="true"' in part  # the counts of the filters


def test_it_is_said_what_looks_alike(client: Client, bob: User, project: Project) -> None:
    one = make_cluster(project, title="Export hangs on large accounts")
    other = make_cluster(project, title="Export of large accounts hangs forever")
    make_cluster(project, title="Drawer stays shut")
    client.force_login(bob)
    address = reverse("cluster_similar", args=[one.pk])
    assert address in client.get(reverse("cluster_preview", args=[one.pk])).content.decode()
    page = client.get(address)
    assert [each.cluster for each in page.context["similar"]] == [other]
    assert reverse("clusters_merge") in page.content.decode()


def test_filters_search_and_order_come_from_the_address(
    client: Client, bob: User, project: Project
) -> None:
    now = timezone.now()
    make_cluster(project, title="old coupon", impact=5, last_seen=now - timedelta(days=9))
    make_cluster(project, title="new coupon", impact=2, last_seen=now)
    make_cluster(project, title="export", status="planned", last_seen=now)
    client.force_login(bob)
    assert _titles(client, "?status=planned") == ["export"]
    assert _titles(client, "?q=COUPON") == ["old coupon", "new coupon"]
    assert _titles(client, "?q=coupon&sort=recent") == ["new coupon", "old coupon"]


@pytest.mark.parametrize(
    "query", ["?status=x", "?sort=x", "?page=x", "?page=999", "?q=%00", "?project=x"]
)
def test_nonsense_in_the_address_is_no_error(
    client: Client, bob: User, cluster: Cluster, query: str
) -> None:
    client.force_login(bob)
    assert client.get(f"/{query}").status_code == 200


def test_counts_follow_the_search(client: Client, bob: User, project: Project) -> None:
    make_cluster(project, title="coupon")
    make_cluster(project, title="coupon too", status="planned")
    make_cluster(project, title="export")
    client.force_login(bob)
    filters = {entry.value: entry.count for entry in client.get("/?q=coupon").context["filters"]}
    assert (filters["all"], filters["new"], filters["planned"]) == (2, 1, 1)


def test_a_running_job_is_in_its_row(
    client: Client, bob: User, project: Project, cluster: Cluster
) -> None:
    job = make_job(project, cluster, status="running")
    client.force_login(bob)
    assert reverse("job", args=[job.pk]) in client.get("/").content.decode()


def test_a_page_is_a_fixed_number_of_queries(
    client: Client, bob: User, team: Team, project: Project, django_assert_max_num_queries: object
) -> None:
    source = make_source(project)
    for number in range(25):
        make_item(source, cluster=make_cluster(project, title=f"c{number}"))
    client.force_login(bob)
    with django_assert_max_num_queries(22):  # type: ignore[operator] # pytest-django's fixture
        client.get("/")


def test_other_teams_see_nothing_of_it(client: Client, mallory: User, cluster: Cluster) -> None:
    own = make_project(mallory.memberships.get().team, name="hers")
    client.force_login(mallory)
    assert cluster.title not in client.get("/").content.decode()
    assert client.get(f"/?project={cluster.project_id}").status_code == 404
    assert client.get(f"/?project={own.pk}").status_code == 200
    assert client.get(reverse("cluster_preview", args=[cluster.pk])).status_code == 404


def test_who_has_no_project_learns_nothing_of_others_either(
    client: Client, mallory: User, cluster: Cluster
) -> None:
    client.force_login(mallory)
    assert client.get(f"/?project={cluster.project_id}").status_code == 404


def test_a_viewer_gets_no_buttons(client: Client, carol: User, cluster: Cluster) -> None:
    client.force_login(carol)
    page = client.get("/").content.decode()
    assert cluster.title in page
    assert reverse("feedback_new", args=[cluster.project_id]) not in page.split("<main")[1]


def test_a_stranger_is_asked_to_sign_in(client: Client, cluster: Cluster) -> None:
    assert client.get("/").status_code == 302


def test_a_strangers_words_are_only_text(client: Client, bob: User, project: Project) -> None:
    cluster = make_cluster(project, title="<script>alert(1)</script>")
    make_item(make_source(project), cluster=cluster, body="<img src=x onerror=alert(2)>")
    client.force_login(bob)
    page = client.get("/").content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page


def test_the_preview_says_why_it_ranks(client: Client, bob: User, cluster: Cluster) -> None:
    make_item(make_source(cluster.project), cluster=cluster, body="By two fifty", author="Dana")
    client.force_login(bob)
    page = client.get(reverse("cluster_preview", args=[cluster.pk])).content.decode()
    assert "By two fifty" in page
    assert "Dana" in page
