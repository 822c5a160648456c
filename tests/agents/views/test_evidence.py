"""The evidence page: why each report belongs, what people changed, and where merged ones lead."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clusters.models import Cluster, FeedbackComment, Project
from clusters.services import surgery
from credentials.models import User
from tests.factories import make_cluster, make_item, make_source


def shown(client: Client, cluster: Cluster, query: str = "") -> str:
    return client.get(reverse("cluster", args=[cluster.pk]) + query, follow=True).content.decode()


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_a_likeness_is_shown_with_its_words_its_score_and_what_was_needed(
    bobs: Client, project: Project, cluster: Cluster
) -> None:
    source = make_source(project)
    first = make_item(source, cluster=cluster, reason={"rule": "first"})
    reason = {
        "rule": "similar", "nearest_item": first.pk, "score": 0.62, "threshold": 0.4,
        "shared_words": ["coupon"],
    }  # fmt: skip
    make_item(source, cluster=cluster, body="Every <b>coupon</b> twice", reason=reason)
    page = shown(bobs, cluster)
    assert "Opened this cluster." in page
    assert f'?report={first.pk}">#{first.pk}</a>' in page
    assert "0.62 of 0.40 needed" in page
    assert "alike by 0.62, 0.40 is enough" in page  # what the bar says to who cannot see it
    assert "&lt;b&gt;<mark>coupon</mark>&lt;/b&gt;" in page


def test_a_neighbour_that_went_elsewhere_is_said_and_its_link_leads_there(
    bobs: Client, project: Project, cluster: Cluster
) -> None:
    source, other = make_source(project), make_cluster(project, title="Elsewhere now")
    gone = make_item(source, cluster=other)
    make_item(source, cluster=cluster, reason={"rule": "similar", "nearest_item": gone.pk})
    assert f"in cluster {other.pk} now" in shown(bobs, cluster)
    assert "Elsewhere now" in shown(bobs, cluster, f"?report={gone.pk}")


def test_a_report_of_another_team_leads_nowhere(
    bobs: Client, mallory: User, cluster: Cluster
) -> None:
    from tests.factories import make_project

    theirs = make_project(mallory.memberships.get().team, name="hers")
    foreign = make_item(make_source(theirs), cluster=make_cluster(theirs, title="Their secret"))
    assert "Their secret" not in shown(bobs, cluster, f"?report={foreign.pk}")


def test_what_a_person_placed_says_who_and_by_what(
    bobs: Client, bob: User, project: Project, cluster: Cluster
) -> None:
    source, other = make_source(project), make_cluster(project, title="Exports")
    item = make_item(source, cluster=other)
    make_item(source, cluster=other)
    change = surgery.move(bob, [item.pk], to=cluster)
    page = shown(bobs, cluster)
    assert "Placed here by bob" in page
    assert f'href="#change-{change.pk}"' in page
    assert f'id="change-{change.pk}"' in page
    assert reverse("change_undo", args=[change.pk]) in page
    surgery.undo(bob, change)
    assert reverse("change_redo", args=[change.pk]) in shown(bobs, cluster)


def test_a_merged_cluster_leads_to_where_its_reports_are_at_last(
    bobs: Client, bob: User, project: Project, cluster: Cluster
) -> None:
    second, third = make_cluster(project), make_cluster(project)
    surgery.merge(bob, [cluster], into=second)
    surgery.merge(bob, [second], into=third)
    answer = bobs.get(reverse("cluster", args=[cluster.pk]))
    assert answer.headers["Location"] == reverse("cluster", args=[third.pk])
    jobs = bobs.get(reverse("cluster_jobs", args=[cluster.pk])).content.decode()
    assert "This cluster was merged" in jobs


def test_comments_and_what_was_closed_elsewhere_are_shown(
    bobs: Client, project: Project, cluster: Cluster
) -> None:
    item = make_item(make_source(project), cluster=cluster, archived_at=timezone.now())
    FeedbackComment.objects.create(item=item, external_id="1", body="<i>Me too</i>", author="Dana")
    page = shown(bobs, cluster)
    assert "1 comment" in page
    assert "&lt;i&gt;Me too" in page
    assert "Closed on" in page


def test_several_matters_in_one_cluster_are_said_with_the_way_out(
    bobs: Client, project: Project, cluster: Cluster
) -> None:
    cluster.coherence = {"verdict": "several", "text": "These may be two matters."}
    cluster.save()
    make_item(make_source(project), cluster=cluster)
    page = shown(bobs, cluster)
    assert "These may be two matters." in page
    assert "Propose a split" in page


def test_who_only_looks_gets_no_buttons(client: Client, carol: User, cluster: Cluster) -> None:
    make_item(make_source(cluster.project), cluster=cluster)
    client.force_login(carol)
    page = shown(client, cluster)
    assert "data-pick" not in page
    assert reverse("clusters_lock") not in page
