from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Cluster, Plan
from clusters.services import plans
from credentials.models import User
from tests.factories import make_item, make_plan, make_source


@pytest.fixture
def plan(cluster: Cluster) -> Plan:
    return make_plan(cluster, steps=["First", "Second"])


def _edit(cluster: Cluster, section: str) -> str:
    return reverse("plan_edit", args=[cluster.pk, section])


def test_lines_are_saved_as_a_new_version(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    client.force_login(bob)
    answer = client.post(_edit(cluster, "steps"), {"version": 1, "text": "One\n\n Two \n"})
    assert answer["Location"] == reverse("cluster_plan", args=[cluster.pk]) + "#steps"
    newest = plans.current(cluster)
    assert newest is not None
    assert (newest.version, newest.draft.steps, newest.made_by) == (2, ["One", "Two"], "person")


def test_rows_are_saved_with_the_reports_they_cite(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    item = make_item(make_source(cluster.project))
    client.force_login(bob)
    rows = {"version": 1, "text": ["Both apply", "  "], "evidence": [f"#{item.pk}", ""]}
    client.post(_edit(cluster, "criteria"), rows)
    newest = plans.current(cluster)
    assert newest is not None
    assert [(part.text, part.evidence) for part in newest.draft.criteria] == [
        ("Both apply", [item.pk])
    ]


def test_files_keep_their_scores(client: Client, bob: User, cluster: Cluster) -> None:
    make_plan(cluster, files=[{"path": "a.py", "reason": "x", "score": 2.5}])
    client.force_login(bob)
    client.post(
        _edit(cluster, "files"), {"version": 1, "path": ["b.py", "a.py"], "reason": ["new", "x"]}
    )
    newest = plans.current(cluster)
    assert newest is not None
    assert [(file.path, file.score) for file in newest.draft.files] == [
        ("b.py", 0.0),
        ("a.py", 2.5),
    ]


@pytest.mark.parametrize(
    ("section", "typed"),
    [
        ("steps", {"text": "   "}),
        ("summary", {"text": ""}),
        ("criteria", {"text": ["x"], "evidence": ["seven"]}),
        ("criteria", {"text": ["x"], "evidence": ["999999"]}),
        ("hypotheses", {"text": ["x"], "confidence": ["certain"], "evidence": [""]}),
    ],
)
def test_nonsense_is_refused_and_what_was_typed_is_kept(
    client: Client, bob: User, cluster: Cluster, plan: Plan, section: str, typed: dict[str, object]
) -> None:
    client.force_login(bob)
    answer = client.post(_edit(cluster, section), {"version": 1, **typed})
    assert answer.status_code == 422
    assert answer.context["errors"]
    assert cluster.plans.count() == 1


def test_who_saves_second_is_told_and_keeps_the_words(
    client: Client, alice: User, bob: User, cluster: Cluster, plan: Plan
) -> None:
    plans.edit(alice, cluster, {"steps": ["Hers"]}, version=1)
    client.force_login(bob)
    answer = client.post(_edit(cluster, "steps"), {"version": 1, "text": "His"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Hers" in page
    assert "His" in page
    # The form now stands on the newest version: saving again is a decision.
    assert (
        client.post(
            _edit(cluster, "steps"), {"version": answer.context["version"], "text": "His"}
        ).status_code
        == 302
    )
    assert [p.version for p in cluster.plans.order_by("version")] == [1, 2, 3]


def test_htmx_gets_the_form_alone_and_then_goes_on(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    client.force_login(bob)
    form = client.get(_edit(cluster, "steps"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in form
    assert "First\nSecond" in form
    saved = client.post(
        _edit(cluster, "steps"), {"version": 1, "text": "x"}, headers={"HX-Request": "true"}
    )
    assert saved["HX-Refresh"] == "true"


def test_without_script_it_is_a_page(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    client.force_login(bob)
    assert "<html" in client.get(_edit(cluster, "summary")).content.decode()


def test_there_is_no_such_section_and_no_plan(client: Client, bob: User, cluster: Cluster) -> None:
    client.force_login(bob)
    assert client.get(_edit(cluster, "magic")).status_code == 404
    assert client.get(_edit(cluster, "steps")).status_code == 404
    assert client.post(_edit(cluster, "steps"), {"version": 1, "text": "x"}).status_code == 404


def test_a_viewer_and_another_team_edit_nothing(
    client: Client, carol: User, mallory: User, cluster: Cluster, plan: Plan
) -> None:
    client.force_login(carol)
    assert client.get(_edit(cluster, "steps")).status_code == 403
    assert client.post(_edit(cluster, "steps"), {"version": 1, "text": "x"}).status_code == 403
    client.force_login(mallory)
    assert client.post(_edit(cluster, "steps"), {"version": 1, "text": "x"}).status_code == 404
    assert cluster.plans.count() == 1
