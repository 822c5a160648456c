"""Corrections from the pages: forms without script, and parts of pages that stay."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Cluster, ClusterChange, Project
from clusters.services import clusters, surgery
from clusters.services.grouping import splitting
from credentials.models import User
from tests import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def cluster(project: Project) -> Cluster:
    return filled(project, "Coupons", people=1)


@pytest.fixture
def other(project: Project) -> Cluster:
    return filled(project, "Exports", people=3)


def filled(project: Project, title: str, people: int) -> Cluster:
    source = project.sources.first() or factories.make_source(project)
    cluster = factories.make_cluster(project, title=title, titled_by_person=True)
    for number in range(3):
        author = f"{title} {number % people}"
        factories.make_item(source, cluster=cluster, title=f"{title} {number}", author=author)
    clusters.refresh(cluster)
    return cluster


def ids(cluster: Cluster) -> list[int]:
    return list(cluster.items.order_by("pk").values_list("pk", flat=True))


def addresses(cluster: Cluster, change: ClusterChange) -> dict[str, str]:
    """Every address that changes something, with what it needs in its query."""
    many = f"?cluster={cluster.pk}"
    return {
        "clusters_merge": reverse("clusters_merge") + many,
        "clusters_dismiss": reverse("clusters_dismiss") + many,
        "clusters_reopen": reverse("clusters_reopen"),
        "clusters_lock": reverse("clusters_lock"),
        "cluster_split": reverse("cluster_split", args=[cluster.pk]),
        "cluster_move": reverse("cluster_move", args=[cluster.pk]),
        "change_undo": reverse("change_undo", args=[change.pk]),
        "change_redo": reverse("change_redo", args=[change.pk]),
    }


@pytest.fixture
def change(alice: User, other: Cluster) -> ClusterChange:
    change = surgery.lock(alice, other)
    assert change is not None
    return change


def test_who_only_looks_is_refused_everywhere(
    client: Client, carol: User, cluster: Cluster, change: ClusterChange
) -> None:
    client.force_login(carol)
    for name, address in addresses(cluster, change).items():
        answer = client.post(address, {"cluster": cluster.pk, "item": ids(cluster)[0]})
        assert answer.status_code == 403, name


def test_another_team_finds_nothing(
    client: Client, mallory: User, cluster: Cluster, change: ClusterChange
) -> None:
    client.force_login(mallory)
    for name, address in addresses(cluster, change).items():
        assert client.post(address, {"cluster": cluster.pk}).status_code == 404, name


def test_a_stranger_is_asked_to_sign_in(
    client: Client, cluster: Cluster, change: ClusterChange
) -> None:
    for name, address in addresses(cluster, change).items():
        answer = client.post(address, {"cluster": cluster.pk})
        assert "/login/" in answer.headers["Location"], name


@pytest.mark.parametrize("name", ["clusters_reopen", "clusters_lock", "change_undo", "change_redo"])
def test_what_changes_something_is_a_post(
    client: Client, bob: User, cluster: Cluster, change: ClusterChange, name: str
) -> None:
    client.force_login(bob)
    assert client.get(addresses(cluster, change)[name]).status_code == 405


def test_the_cluster_of_most_people_is_suggested_to_stay(
    client: Client, bob: User, cluster: Cluster, other: Cluster
) -> None:
    client.force_login(bob)
    page = client.get(reverse("clusters_merge"), {"cluster": [cluster.pk, other.pk]})
    assert page.context["suggested"] == other
    assert "<html" in page.content.decode()
    part = client.get(reverse("clusters_merge"), {"cluster": [cluster.pk, other.pk]}, headers=HTMX)
    assert "<html" not in part.content.decode()


def test_a_merge_goes_back_to_where_it_was_asked_for_and_offers_its_undo(
    client: Client, bob: User, cluster: Cluster, other: Cluster
) -> None:
    client.force_login(bob)
    chosen = {"cluster": [cluster.pk, other.pk], "into": other.pk, "next": "/?status=new"}
    answer = client.post(reverse("clusters_merge"), chosen, follow=True)
    assert answer.redirect_chain == [("/?status=new", 302)]
    change = ClusterChange.objects.get()
    page = answer.content.decode()
    assert "Merged 2 clusters into" in page
    assert reverse("change_undo", args=[change.pk]) in page
    client.post(reverse("change_undo", args=[change.pk]))
    cluster.refresh_from_db()
    assert cluster.merged_into is None


def test_a_page_that_stays_gets_a_toast_and_hears_that_something_changed(
    client: Client, bob: User, cluster: Cluster
) -> None:
    client.force_login(bob)
    chosen = {"cluster": cluster.pk, "reason": "Spam"}
    answer = client.post(reverse("clusters_dismiss"), chosen, headers=HTMX)
    page = answer.content.decode()
    assert "clusters-changed" in answer.headers["HX-Trigger"]
    assert "Dismissed “Coupons”: Spam." in page
    assert 'id="undo-last"' in page
    assert "<html" not in page


def test_a_refusal_is_said_and_nothing_is_said_to_have_changed(
    client: Client, bob: User, project: Project, cluster: Cluster, other: Cluster
) -> None:
    factories.make_job(project, cluster, status="running")
    client.force_login(bob)
    chosen = {"cluster": [cluster.pk, other.pk], "into": other.pk}
    answer = client.post(reverse("clusters_merge"), chosen, headers=HTMX)
    assert answer.status_code == 409
    assert "HX-Trigger" not in answer.headers
    assert "A job works on" in answer.content.decode()


def test_what_stands_in_the_way_of_an_undo_can_be_undone_from_the_refusal(
    client: Client, bob: User, cluster: Cluster, other: Cluster
) -> None:
    older = surgery.move(bob, ids(other)[:1], to=cluster)
    newer = surgery.merge(bob, [cluster], into=other)
    client.force_login(bob)
    page = client.post(reverse("change_undo", args=[older.pk]), follow=True).content.decode()
    assert "Undo that first" in page
    assert f'action="{reverse("change_undo", args=[newer.pk])}"' in page


def test_several_are_dismissed_at_once_and_undone_at_once(
    client: Client, bob: User, cluster: Cluster, other: Cluster
) -> None:
    client.force_login(bob)
    client.post(reverse("clusters_dismiss"), {"cluster": [cluster.pk, other.pk], "own_reason": "x"})
    assert Cluster.objects.filter(status="dismissed", dismissed_reason="x").count() == 2
    client.post(reverse("change_undo", args=[ClusterChange.objects.get().pk]))
    assert Cluster.objects.filter(status="new", dismissed_reason="").count() == 2


def test_clusters_are_locked_until_all_are_then_unlocked(
    client: Client, bob: User, cluster: Cluster, other: Cluster
) -> None:
    client.force_login(bob)
    surgery.lock(bob, other)
    for locked in (2, 0):
        client.post(reverse("clusters_lock"), {"cluster": [cluster.pk, other.pk]})
        assert Cluster.objects.filter(locked=True).count() == locked


def test_reopened_ones_are_work_again(client: Client, bob: User, cluster: Cluster) -> None:
    clusters.dismiss(bob, cluster, "Why")
    client.force_login(bob)
    client.post(reverse("clusters_reopen"), {"cluster": cluster.pk})
    cluster.refresh_from_db()
    assert cluster.status == "new"


@pytest.mark.parametrize("name", ["clusters_merge", "clusters_dismiss", "clusters_lock"])
def test_nothing_chosen_is_said(client: Client, bob: User, project: Project, name: str) -> None:
    client.force_login(bob)
    page = client.post(reverse(name), {"cluster": "²"}, follow=True).content.decode()
    assert "Choose at least" in page


def test_chosen_reports_are_split_off(client: Client, bob: User, cluster: Cluster) -> None:
    client.force_login(bob)
    address = reverse("cluster_split", args=[cluster.pk])
    page = client.get(address, {"item": ids(cluster)[:2]}).content.decode()
    assert "Split 2 reports off" in page
    client.post(address, {"item": ids(cluster)[:2], "title": "Vouchers"})
    assert Cluster.objects.get(title="Vouchers").item_count == 2


def test_a_proposed_split_is_shown_with_its_words_and_accepted_but_for_one(
    client: Client,
    bob: User,
    cluster: Cluster,
    other: Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    surgery.merge(bob, [other], into=cluster)
    first, *rest = ids(other) or ids(cluster)[3:]
    parts = [ids(cluster)[:3], [first, *rest]]
    monkeypatch.setattr(splitting, "propose_split", lambda cluster: parts)
    client.force_login(bob)
    address = reverse("cluster_split", args=[cluster.pk])
    page = client.get(address)
    assert page.context["groups"][1].words[0] == "exports"
    client.post(address, {"group": "1", "item-1": rest})
    newest = Cluster.objects.order_by("-pk")[0]
    assert ids(newest) == rest
    assert first in ids(cluster)


def test_a_cluster_of_one_matter_proposes_nothing(
    client: Client, bob: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "propose_split", lambda cluster: [ids(cluster)])
    client.force_login(bob)
    page = client.get(reverse("cluster_split", args=[cluster.pk])).content.decode()
    assert "nothing to propose" in page


def test_reports_are_moved_to_a_cluster_that_is_found(
    client: Client, bob: User, cluster: Cluster, other: Cluster, mallory: User
) -> None:
    foreign = filled(
        factories.make_project(mallory.memberships.get().team, name="hers"), "Exports", people=1
    )
    client.force_login(bob)
    address = reverse("cluster_move", args=[cluster.pk])
    for words in ("expo", f"#{other.pk}", ""):
        page = client.get(address, {"item": str(ids(cluster)[0]), "q": words})
        assert page.context["targets"] == [other], words
    client.post(address, {"item": ids(cluster)[:1], "to": foreign.pk})
    assert cluster.items.count() == 3
    client.post(address, {"item": ids(cluster)[:1], "to": other.pk})
    assert (cluster.items.count(), other.items.count()) == (2, 4)


def test_undoing_on_the_page_of_a_cluster_that_goes_away_leads_to_the_one_that_stays(
    client: Client, bob: User, cluster: Cluster
) -> None:
    change = surgery.split(bob, cluster, ids(cluster)[:1])
    new = change.clusters.exclude(pk=cluster.pk).get()
    client.force_login(bob)
    here = reverse("cluster", args=[new.pk])
    answer = client.post(reverse("change_undo", args=[change.pk]), {"next": here})
    assert answer.headers["Location"] == reverse("cluster", args=[cluster.pk])
    assert client.get(here).status_code == 404


def test_a_title_is_edited_in_a_dialog(client: Client, bob: User, cluster: Cluster) -> None:
    client.force_login(bob)
    address = reverse("cluster_edit", args=[cluster.pk])
    assert "<html" not in client.get(address, headers=HTMX).content.decode()
    answer = client.post(address, {"title": "Vouchers"}, headers=HTMX)
    assert answer.headers["HX-Reswap"] == "none"
    answer = client.post(address, {"title": ""}, headers=HTMX)
    assert "HX-Reswap" not in answer.headers
    assert "This field is required" in answer.content.decode()
