"""The page of usage, and the usage on a job's page."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Execution, Job
from clusters.models import Project
from credentials.models import Role, Team, User
from tests import factories


@pytest.fixture
def job(project: Project, alice: User) -> Job:
    return factories.make_job(project, requested_by=alice, budget_usd=Decimal("2.00"))


@pytest.fixture
def execution(job: Job) -> Execution:
    return used(job)


def used(job: Job, **fields: Any) -> Execution:
    values = {
        "input_tokens": 12_000,
        "cached_tokens": 9_000,
        "output_tokens": 400,
        "cost_usd": Decimal("1.70"),
        "model": "gpt-5",
        "started_at": datetime(2026, 11, 15, tzinfo=UTC),
    }
    return factories.make_execution(job, **{**values, **fields})


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_month_by_project_and_person(client: Client, alice: User, execution: Execution) -> None:
    client.force_login(alice)
    shown = page(client, "/usage/?month=2026-11")
    for text in ("By project", "tillwork", "By person", "Alice Archer", "12.0 k", "$1.70"):
        assert text in shown
    assert "about $1.70" not in shown


def test_an_estimate_says_so(client: Client, alice: User, job: Job) -> None:
    used(job, cost_is_estimated=True)
    client.force_login(alice)
    assert "about $1.70" in page(client, "/usage/?month=2026-11")
    assert "about $1.70" in page(client, f"/jobs/{job.pk}/")


def test_tokens_without_a_price_are_no_free_tokens(client: Client, alice: User, job: Job) -> None:
    used(job, cost_usd=None)
    client.force_login(alice)
    shown = page(client, "/usage/?month=2026-11")
    assert "Tokens by month" in shown
    assert "1 attempt worked with a model whose price is not known" in shown
    assert "$0" not in shown


def test_an_empty_month_is_not_an_empty_product(
    client: Client, alice: User, execution: Execution
) -> None:
    client.force_login(alice)
    assert "Nothing in January 2026" in page(client, "/usage/?month=2026-01")


def test_who_has_nothing_yet_is_told_what_comes(client: Client, alice: User, team: Team) -> None:
    client.force_login(alice)
    assert "Nothing was used yet" in page(client, "/usage/")


@pytest.mark.parametrize("month", ["", "nonsense", "2026-99", "\0"])
def test_a_month_that_is_none_is_this_one(
    client: Client, alice: User, execution: Execution, month: str
) -> None:
    client.force_login(alice)
    assert client.get("/usage/", {"month": month}).status_code == 200


def test_a_viewer_sees_it_and_others_do_not(
    client: Client, carol: User, mallory: User, project: Project, execution: Execution
) -> None:
    addresses = [f"/usage/?project={project.pk}", f"/usage/?team={project.team.pk}"]
    client.force_login(carol)
    for address in addresses:
        assert "$1.70" in page(client, f"{address}&month=2026-11")
    client.force_login(mallory)
    assert "Nothing was used yet" in page(client, "/usage/?month=2026-11")
    for address in [*addresses, "/usage/?project=x", "/usage/?team=99999999999999999999"]:
        assert client.get(address).status_code == 404
        assert client.get(address.replace("/usage/", "/usage/export.csv")).status_code == 404


def test_a_stranger_signs_in_first(client: Client, db: None) -> None:
    for address in ("/usage/", "/usage/export.csv"):
        assert "/login/" in client.get(address)["Location"]


def test_somebody_with_two_teams_can_look_at_one(
    client: Client, alice: User, execution: Execution
) -> None:
    other = factories.make_team("Other")
    factories.add_member(other, alice, Role.VIEWER)
    client.force_login(alice)
    assert "$1.70" in page(client, "/usage/?month=2026-11")
    assert "$1.70" not in page(client, f"/usage/?team={other.pk}&month=2026-11")


def test_the_file_has_a_line_for_each_job(client: Client, alice: User, project: Project) -> None:
    formula = factories.make_job(project, title='=HYPERLINK("http://evil")', requested_by=alice)
    used(formula, usage_is_estimated=True)
    used(factories.make_job(project), cost_usd=None)
    client.force_login(alice)
    answer = client.get("/usage/export.csv?month=2026-11")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="usage-2026-11.csv"' in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    first, second = csv.DictReader(text.splitlines())
    assert first["title"] == '\'=HYPERLINK("http://evil")'
    assert (first["requested_by"], first["cost_usd"], first["estimated"]) == (
        "alice",
        "1.700000",
        "yes",
    )
    assert (second["requested_by"], second["cost_usd"], second["input_tokens"]) == ("", "", "12000")


def test_a_job_shows_what_it_used_and_how_much_of_its_budget(
    client: Client, alice: User, execution: Execution
) -> None:
    client.force_login(alice)
    shown = page(client, f"/jobs/{execution.job_id}/")
    for text in ("12.4 k tokens, $1.70", "9.0 k cached", "gpt-5", "85 % of the budget"):
        assert text in shown
    assert "85 % of the budget of $2.00 are used" in shown  # the mark in the header


def test_a_job_adds_its_attempts_up(client: Client, alice: User, execution: Execution) -> None:
    used(execution.job, cost_usd=Decimal("0.40"))
    client.force_login(alice)
    shown = page(client, f"/jobs/{execution.job_id}/")
    assert "$2.10" in shown
    assert "The budget is used up." in shown


def test_a_budget_that_cannot_be_kept_is_said(client: Client, alice: User, job: Job) -> None:
    used(job, cost_usd=None)
    client.force_login(alice)
    assert "so the budget cannot be kept" in page(client, f"/jobs/{job.pk}/")


def test_the_page_hears_of_new_usage(client: Client, alice: User, execution: Execution) -> None:
    client.force_login(alice)
    address = reverse("job_state", args=[execution.job_id])
    seen = client.get(address).context["seen"]
    assert client.get(f"{address}?seen={seen}").status_code == 204
    Execution.objects.filter(pk=execution.pk).update(cost_usd=Decimal("1.80"))
    assert client.get(f"{address}?seen={seen}").status_code == 200
