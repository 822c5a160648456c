"""Criterion, check, result: never more is claimed than the receipts hold."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Job, Receipt, Step
from agents.views.checks import results_of
from agents.views.job_page import newest
from clusters.models import Cluster
from clusters.services import plans
from credentials.models import User
from tests import factories

NEW, OLD, SKIPPED = "tests/test_a.py::test_new", "tests/test_a.py::test_old", "t.py::test_skipped"
COMMAND = "python -m pytest -q"


def measured(cluster: Cluster, *texts: str, head: dict[str, str] | None = None) -> Job:
    """An ended job whose plan has these criteria; `test_new` reproduces."""
    plan = factories.make_plan(cluster, criteria=[{"text": text, "evidence": []} for text in texts])
    job = factories.make_job(
        cluster.project,
        cluster,
        status=Job.Status.COMPLETED,
        outcome="verified",
        plan=plan,
        plan_snapshot=plan.content,
        plan_digest=plan.digest,
    )
    execution = factories.make_execution(job)
    after = {NEW: "passed", OLD: "passed", SKIPPED: "skipped"} if head is None else head
    if after:
        add(execution, "baseline", {OLD: "passed"})
        add(execution, "head", after)
        add(execution, "reproduction", {NEW: "failed"})
    return job


def add(execution: Any, kind: str, outcomes: dict[str, str]) -> None:
    Receipt.objects.create(
        execution=execution,
        kind=kind,
        status="failed" if "failed" in outcomes.values() else "passed",
        command=COMMAND,
        commit="a" * 40,
        exit_code=0,
        seconds=1.0,
        tests=[{"id": test, "outcome": outcome} for test, outcome in outcomes.items()],
    )


def only_check(job: Job) -> Any:
    execution = newest(job)
    (check,) = results_of(job, execution, Step.objects.filter(execution=execution)).checks
    return check


@pytest.mark.parametrize(
    ("text", "state", "by"),
    [
        ("`test_new` shows it.", "passed", [NEW]),
        (f"It holds: `{NEW}`", "passed", [NEW]),
        ("test_old still passes.", "passed", [OLD]),
        ("test_skipped passes.", "unchecked", [SKIPPED]),
        (f"`{COMMAND}` succeeds.", "passed", [COMMAND]),
        ("Two coupons are both applied.", "shown", [NEW]),
        ("`test_nowhere` passes.", "shown", [NEW]),
        ("`python -m pytest` succeeds.", "shown", [NEW]),
    ],
)
def test_what_checks_a_criterion(cluster: Cluster, text: str, state: str, by: list[str]) -> None:
    check = only_check(measured(cluster, text))
    assert (check.state, list(check.by)) == (state, by)


def test_a_reproduction_is_not_said_to_check_what_does_not_name_it(cluster: Cluster) -> None:
    check = only_check(measured(cluster, "Two coupons are both applied."))
    assert (check.label, check.tone) == ("reproduced", "accent")
    assert check.said.startswith("No test is named for it.")


def test_without_a_reproduction_it_is_said_plainly(cluster: Cluster) -> None:
    check = only_check(measured(cluster, "Both are applied.", head={OLD: "passed"}))
    assert (check.state, check.said) == ("unchecked", "Not checked by a test.")


def test_a_named_test_that_did_not_run_is_said(cluster: Cluster) -> None:
    check = only_check(measured(cluster, "`test_nowhere` passes."))
    assert (check.state, check.said.split(".")[0]) == (
        "shown",
        "The test that it names did not run",
    )


def test_without_it_and_a_reproduction_nothing_is_shown(cluster: Cluster) -> None:
    check = only_check(measured(cluster, "`test_nowhere` passes.", head={OLD: "passed"}))
    assert (check.state, check.said) == ("unchecked", "The test that it names did not run.")


def test_a_named_test_that_fails_fails_the_criterion(cluster: Cluster) -> None:
    check = only_check(measured(cluster, "`test_new` shows it.", head={NEW: "failed"}))
    assert (check.state, check.said) == ("failed", "It fails with the change.")


def test_all_parameters_of_a_named_test_count(cluster: Cluster) -> None:
    head = {f"{NEW}[1]": "passed", f"{NEW}[2]": "failed"}
    check = only_check(measured(cluster, "`test_new` shows it.", head=head))
    assert (check.state, list(check.by)) == ("failed", [f"{NEW}[2]"])


def test_a_job_that_ended_before_its_tests_checked_nothing(cluster: Cluster) -> None:
    check = only_check(measured(cluster, "`test_new` shows it.", head={}))
    assert (check.state, check.by) == ("unchecked", ())
    assert "ended before" in check.said


def test_while_it_runs_nothing_is_claimed(cluster: Cluster) -> None:
    plan = factories.make_plan(cluster)
    job = factories.make_job(cluster.project, cluster, plan_snapshot=plan.content)
    assert only_check(job).state == "waiting"


def test_both_pages_show_it_with_the_files_outside_the_plan(
    client: Client, bob: User, cluster: Cluster
) -> None:
    job = measured(cluster, "test_new shows it.")
    finding = {"kind": "outside_plan", "severity": "warn", "path": "src/other.py", "sentence": "x"}
    Step.objects.create(
        execution=job.executions.get(),
        name="guard",
        status="completed",
        result={"findings": [finding]},
    )
    client.force_login(bob)
    for address in (reverse("job", args=[job.pk]), reverse("cluster_plan", args=[cluster.pk])):
        page = client.get(address).content.decode()
        assert "It failed on the old code and passes with the change." in page
        assert "src/<wbr>other.py" in page
        assert "1 file changed that the plan does not name" in page


def test_a_plan_that_changed_since_is_said_on_the_jobs_page(
    client: Client, bob: User, cluster: Cluster
) -> None:
    job = measured(cluster, "test_new shows it.")
    assert job.plan is not None
    client.force_login(bob)
    address = reverse("job", args=[job.pk])
    page = client.get(address).content.decode()
    assert job.plan_digest[:12] in page
    assert "The plan was changed since" not in page
    plans.edit(bob, cluster, {"steps": ["Another."]}, version=1)
    assert "The plan was changed since" in client.get(address).content.decode()
    # What was tampered with does not pass for what was approved.
    job.plan.digest = "0" * 64
    job.plan.save(update_fields=["digest"])
    assert "is not what that version says now" in client.get(address).content.decode()


def test_a_newer_version_has_no_results_of_an_older_ones_job(
    client: Client, bob: User, cluster: Cluster
) -> None:
    measured(cluster, "test_new shows it.")
    plans.edit(bob, cluster, {"steps": ["Another."]}, version=1)
    client.force_login(bob)
    address = reverse("cluster_plan", args=[cluster.pk])
    assert "What became of it" not in client.get(address).content.decode()
    assert "What became of it" in client.get(f"{address}?version=1").content.decode()
