from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Artifact, Execution, Job, Receipt, Step
from clusters.models import Cluster, Project
from credentials.models import User
from tests.factories import make_chunks, make_execution, make_job, make_project, make_team

TABS = ["job", "job_receipts", "job_diff", "job_prompt", "job_activity", "job_log_text"]


@pytest.fixture
def job(project: Project, cluster: Cluster, alice: User) -> Job:
    return make_job(
        project,
        cluster,
        runner="local_scripted",
        status="running",
        started_at=timezone.now(),
        requested_by=alice,
        plan_snapshot={
            "files": [{"path": "src/a.py", "reason": "x"}],
            "criteria": [{"text": "It holds", "evidence": []}],
        },
    )


@pytest.fixture
def execution(job: Job) -> Execution:
    return make_execution(job, isolation="namespaces", sandbox_provider="local")


def _page(client: Client, name: str, job: Job) -> str:
    answer = client.get(reverse(name, args=[job.pk]))
    assert answer.status_code == 200
    return b"".join(answer).decode()


def _artifact(execution: Execution, kind: str, data: bytes, name: str = "file") -> Artifact:
    row = Artifact(
        execution=execution,
        kind=kind,
        name=name,
        media_type="text/html",
        size=len(data),
        sha256="0" * 64,
    )
    row.file.save(name, ContentFile(data))
    return row


def _end(job: Job, outcome: str, status: str = "completed") -> None:
    job.status, job.outcome, job.finished_at = status, outcome, timezone.now()
    job.save()


@pytest.mark.parametrize("name", TABS)
def test_every_tab_opens_before_anything_ran(
    client: Client, bob: User, job: Job, name: str
) -> None:
    client.force_login(bob)
    _page(client, name, job)


@pytest.mark.parametrize("name", [*TABS, "job_state"])
def test_another_team_gets_404_and_a_stranger_the_login(
    client: Client, mallory: User, job: Job, name: str
) -> None:
    assert client.get(reverse(name, args=[job.pk])).status_code == 302
    client.force_login(mallory)
    assert client.get(reverse(name, args=[job.pk])).status_code == 404


@pytest.mark.parametrize("name", [*TABS, "job_state"])
def test_a_tab_is_no_post(client: Client, bob: User, job: Job, name: str) -> None:
    client.force_login(bob)
    assert client.post(reverse(name, args=[job.pk])).status_code == 405


def test_the_header_says_for_whom_by_what_and_where(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    client.force_login(bob)
    page = _page(client, "job", job)
    for words in (
        "Alice Archer",
        "local_scripted",
        "recorded transcript",
        "namespaces",
        "It holds",
    ):
        assert words in page
    assert "Not isolated" not in page


def test_a_run_without_isolation_is_marked(client: Client, bob: User, job: Job) -> None:
    make_execution(job, isolation="none")
    client.force_login(bob)
    assert "Not isolated" in _page(client, "job", job)


def test_an_outcome_is_a_sentence_with_its_code(client: Client, bob: User, job: Job) -> None:
    _end(job, "unverified")
    client.force_login(bob)
    page = _page(client, "job", job)
    assert "The tests do not prove the fix" in page
    assert "<code>unverified</code>" in page


def test_steps_that_are_to_come_are_shown_while_it_runs(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    Step.objects.create(
        execution=execution, name="preflight", status="completed", finished_at=timezone.now()
    )
    Step.objects.create(execution=execution, name="provision")
    client.force_login(bob)
    entries = client.get(reverse("job", args=[job.pk])).context["timeline"]
    assert [entry.status for entry in entries[:3]] == ["completed", "running", "waiting"]
    _end(job, "sandbox_failed", "failed")
    entries = client.get(reverse("job", args=[job.pk])).context["timeline"]
    assert len(entries) == 2


def test_a_round_that_proves_nothing_is_no_success(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    judgement = {"outcome": "unverified", "sentence": "1 test fails."}
    Step.objects.create(
        execution=execution, name="verify", status="completed", result={"judgement": judgement}
    )
    client.force_login(bob)
    [entry, *_] = client.get(reverse("job", args=[job.pk])).context["timeline"]
    assert (entry.status, entry.detail) == ("unproven", "1 test fails.")


def test_what_the_sandbox_does_not_have_is_said(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    client.force_login(bob)
    assert "Not in the sandbox" not in _page(client, "job", job)
    note = "Submodules are not checked out: <b>."
    Step.objects.create(
        execution=execution, name="setup", status="completed", result={"notes": [note]}
    )
    page = _page(client, "job", job)
    assert "Not in the sandbox" in page
    assert "Submodules are not checked out: &lt;b&gt;." in page


class TestState:
    def _get(self, client: Client, job: Job, seen: str = "") -> tuple[int, str]:
        answer = client.get(reverse("job_state", args=[job.pk]), {"seen": seen})
        return answer.status_code, answer.content.decode()

    def test_nothing_is_sent_while_nothing_changes(
        self, client: Client, bob: User, job: Job, execution: Execution
    ) -> None:
        client.force_login(bob)
        seen = client.get(reverse("job", args=[job.pk])).context["seen"]
        assert self._get(client, job, seen) == (204, "")
        Step.objects.create(execution=execution, name="preflight")
        status, page = self._get(client, job, seen)
        assert status == 200
        assert page.count("hx-swap-oob") == 4
        assert "Check access" in page
        assert 'id="count-receipts" hx-swap-oob="true">0<' in page

    def test_it_stops_asking_when_the_job_has_ended(
        self, client: Client, bob: User, job: Job
    ) -> None:
        client.force_login(bob)
        _end(job, "verified")
        status, page = self._get(client, job, "old")
        assert status == 286
        assert 'hx-trigger="every' not in page

    def test_the_title_follows(self, client: Client, bob: User, job: Job) -> None:
        client.force_login(bob)
        assert 'data-tone="busy"' in self._get(client, job)[1]
        _end(job, "unverified")
        page = self._get(client, job)[1]
        assert 'data-tone="warn"' in page
        assert 'data-page-title="Unverified: ' in page


def test_receipts_are_a_table_of_tests(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    def keep(kind: str, **outcomes: str) -> None:
        tests = [
            {"id": name, "outcome": outcome, "message": "<script>"}
            for name, outcome in outcomes.items()
        ]
        Receipt.objects.create(
            execution=execution,
            kind=kind,
            status="passed",
            command="pytest -q",
            commit="c" * 40,
            exit_code=0,
            seconds=1.5,
            passed=1,
            tests=tests,
            first_seq=6,
        )

    keep("baseline", old="passed")
    keep("head", old="passed", new="passed")
    keep("reproduction", new="failed")
    client.force_login(bob)
    page = _page(client, "job_receipts", job)
    for words in (
        "reproduces",
        "1 test unchanged",
        "pytest -q",
        reverse("job_log_at", args=[job.pk, 7]),
        "exit code 0",
    ):
        assert words in page
    assert "&lt;script&gt;" in page


def test_a_missing_reproduction_is_said_plainly(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    for kind in ("baseline", "head"):
        Receipt.objects.create(
            execution=execution,
            kind=kind,
            status="no_tests",
            command="",
            commit="c",
            exit_code=None,
            seconds=0,
            note="No tests found.",
        )
    client.force_login(bob)
    assert "There is no reproduction" in _page(client, "job_receipts", job)


def test_the_diff_marks_what_the_plan_does_not_name(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    names = ["src/a.py", "tests/test_a.py", "setup.py"]
    text = "".join(
        f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-a\n+<b>\n"
        for name in names
    )
    _artifact(execution, "diff", text.encode())
    client.force_login(bob)
    answer = client.get(reverse("job_diff", args=[job.pk]))
    assert [file.path for file in answer.context["diff"].files if file.outside] == ["setup.py"]
    assert "&lt;b&gt;" in answer.content.decode()


def test_a_diff_that_is_no_text_is_no_error(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    _artifact(execution, "diff", b"diff --git a/a b/a\n@@ -1 +1 @@\n+\xff\xfe\x00\n")
    client.force_login(bob)
    _page(client, "job_diff", job)


def test_a_kept_file_is_only_a_download(
    client: Client, bob: User, mallory: User, job: Job, execution: Execution
) -> None:
    artifact = _artifact(execution, "prompt", b"<script>alert(1)</script>", "page.html")
    client.force_login(bob)
    answer = client.get(reverse("job_artifact", args=[job.pk, artifact.pk]))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer) == b"<script>alert(1)</script>"
    client.force_login(mallory)
    assert client.get(reverse("job_artifact", args=[job.pk, artifact.pk])).status_code == 404


def test_a_file_that_is_lost_breaks_no_page(
    client: Client, alice: User, job: Job, execution: Execution
) -> None:
    client.force_login(alice)
    artifact = _artifact(execution, "diff", b"diff --git a/a b/a\n")
    artifact.file.storage.delete(str(artifact.file.name))
    _page(client, "job_diff", job)
    answer = client.get(reverse("job_artifact", args=[job.pk, artifact.pk]))
    assert answer.status_code == 404


def test_a_file_of_another_job_is_not_reached_through_ours(
    client: Client, mallory: User, job: Job, execution: Execution
) -> None:
    artifact = _artifact(execution, "prompt", b"theirs")
    own = make_job(make_project(make_team("Own", owner=mallory), name="own"))
    client.force_login(mallory)
    assert client.get(reverse("job_artifact", args=[own.pk, artifact.pk])).status_code == 404


def test_the_log_is_downloaded_whole(
    client: Client, bob: User, job: Job, execution: Execution
) -> None:
    make_chunks(execution, "one\n", "two\n", "three\n")
    client.force_login(bob)
    answer = client.get(reverse("job_log_text", args=[job.pk]))
    assert b"".join(answer) == b"one\ntwo\nthree\n"
    assert answer["Content-Type"].startswith("text/plain")
    assert "attachment" in answer["Content-Disposition"]


class TestCancel:
    def test_a_member_cancels(self, client: Client, bob: User, job: Job) -> None:
        client.force_login(bob)
        assert client.post(reverse("job_cancel", args=[job.pk]))["Location"] == reverse(
            "job", args=[job.pk]
        )
        job.refresh_from_db()
        assert job.cancelled_by == bob

    def test_a_viewer_does_not(self, client: Client, carol: User, job: Job) -> None:
        client.force_login(carol)
        assert "Cancel job" not in _page(client, "job", job)
        assert client.post(reverse("job_cancel", args=[job.pk])).status_code == 403
        job.refresh_from_db()
        assert job.cancel_requested_at is None

    @pytest.mark.parametrize("name", ["job_cancel", "job_priority"])
    def test_another_team_a_stranger_and_a_get(
        self, client: Client, mallory: User, bob: User, job: Job, name: str
    ) -> None:
        url = reverse(name, args=[job.pk])
        assert client.post(url).status_code == 302
        client.force_login(mallory)
        assert client.post(url).status_code == 404
        client.force_login(bob)
        assert client.get(url).status_code == 405

    def test_a_job_that_runs_is_not_started_again(
        self, client: Client, bob: User, job: Job
    ) -> None:
        client.force_login(bob)
        answer = client.post(reverse("job_retry", args=[job.pk]), follow=True)
        assert "has not ended yet" in answer.content.decode()


class TestList:
    def _ids(self, client: Client, query: str = "") -> list[int]:
        return [job.pk for job in client.get(f"/jobs/{query}").context["page"].object_list]

    def test_newest_first_and_by_status(
        self, client: Client, bob: User, project: Project, job: Job
    ) -> None:
        done = make_job(project, status="completed", outcome="verified")
        client.force_login(bob)
        assert self._ids(client) == [done.pk, job.pk]
        assert self._ids(client, "?status=active") == [job.pk]
        assert self._ids(client, "?status=completed") == [done.pk]
        assert self._ids(client, "?status=nonsense&page=x") == [done.pk, job.pk]

    def test_others_see_none(self, client: Client, mallory: User, job: Job) -> None:
        client.force_login(mallory)
        assert self._ids(client) == []
        assert client.get(f"/jobs/?project={job.project_id}").status_code == 404

    def test_a_stranger_is_asked_to_sign_in(self, client: Client, job: Job) -> None:
        assert client.get("/jobs/").status_code == 302


def test_how_long_it_usually_takes(client: Client, bob: User, project: Project, job: Job) -> None:
    now = timezone.now()
    for minutes in (3, 4, 5):
        make_job(
            project,
            status="completed",
            outcome="verified",
            started_at=now - timedelta(minutes=minutes),
            finished_at=now,
        )
    client.force_login(bob)
    assert "usually 3 to 5 min" in _page(client, "job", job)
