"""Lists of the API are read to their end by `next`, also where page numbers do not reach."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agents.models import Job
from clusters.models import Cluster, Project
from credentials import paging
from credentials.models import User
from tests.factories import make_cluster, make_item, make_job, make_source

ADDRESSES = [
    "/api/clusters",
    "/api/clusters?status=new,planned",
    "/api/clusters?search=checkout",
    "/api/clusters?project_id={project}",
    "/api/clusters/{cluster}/feedback",
    "/api/projects/{project}/feedback",
    "/api/jobs",
    "/api/jobs?status=failed,completed",
    "/api/jobs?cluster_id={cluster}",
]
COUNT = 7


@pytest.fixture
def addresses(project: Project, cluster: Cluster) -> dict[str, Any]:
    """Seven of everything."""
    source = make_source(project)
    for _ in range(COUNT):
        make_item(source, cluster=cluster)
        make_job(project, cluster, status=Job.Status.FAILED)
    for _ in range(COUNT - 1):
        make_cluster(project)
    return {"project": project.pk, "cluster": cluster.pk}


def _follow(client: Client, address: str, link: str) -> list[list[int]]:
    pages = []
    while address:
        answer = client.get(address).json()
        pages.append([row["id"] for row in answer["results"]])
        address = answer[link]
    return pages


@pytest.mark.parametrize("template", ADDRESSES)
def test_next_and_previous_lead_through_all(
    client: Client, bob: User, addresses: dict[str, Any], template: str
) -> None:
    client.force_login(bob)
    address = template.format(**addresses)
    whole = [row["id"] for row in client.get(address).json()["results"]]
    assert len(whole) == COUNT
    joint = "&" if "?" in address else "?"
    pages = _follow(client, f"{address}{joint}page_size=3", "next")
    assert pages == [whole[:3], whole[3:6], whole[6:]]
    last = client.get(f"{address}{joint}page_size=3&page=3").json()
    assert _follow(client, last["previous"], "previous") == [whole[3:6], whole[:3]]


def test_a_page_that_is_not_there_is_said(
    client: Client, bob: User, addresses: dict[str, Any]
) -> None:
    client.force_login(bob)
    answer = client.get("/api/jobs?page=9")
    assert answer.status_code == 404
    assert "follow `next`" in answer.json()["detail"]


@pytest.mark.parametrize("size", ["0", "-1", "x", "²", "9" * 30])
def test_a_size_that_is_none_is_the_usual_one(
    client: Client, bob: User, addresses: dict[str, Any], size: str
) -> None:
    client.force_login(bob)
    assert len(client.get("/api/jobs", {"page_size": size}).json()["results"]) == COUNT


def test_counts_say_whether_they_are_exact(
    client: Client, bob: User, addresses: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(bob)
    answer = client.get("/api/jobs").json()
    assert (answer["count"], answer["count_is_exact"]) == (COUNT, True)
    monkeypatch.setattr(paging, "LIMIT", 5)
    answer = client.get("/api/jobs").json()
    assert (answer["count"], answer["count_is_exact"]) == (5, False)


def test_a_place_of_another_list_shows_nothing_of_it(
    client: Client, mallory: User, bob: User, addresses: dict[str, Any]
) -> None:
    client.force_login(bob)
    place = client.get("/api/jobs?page_size=3").json()["next"]
    client.force_login(mallory)
    assert client.get(place).json()["results"] == []
