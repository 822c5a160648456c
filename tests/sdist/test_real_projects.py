"""Real public projects, each with a planted defect, through `bin/demo --repo`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agents.runners import registry
from tests.agents.runners.real import find
from tests.bin.demo import Ran, run_demo
from tests.bin.repositories import git, state_of
from tests.sdist.projects import ITSDANGEROUS, NETWORKX, PROJECTS, Planted
from tests.stand_ins.model_server import model_server

pytestmark = [pytest.mark.sdist, pytest.mark.live, pytest.mark.timeout(600)]

every_project = pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)


@pytest.fixture
def repository(project: Planted, tmp_path: Path) -> Path:
    return project.check_out(tmp_path / project.name)


@pytest.fixture
def claude() -> Path:
    """The folder of the program."""
    install = registry.agents()["claude"].install
    assert install is not None
    return find(install).parent


def asked(project: Planted, repository: Path, runner: str) -> list[str]:
    command = ["--test-command", project.test_command] if project.test_command else []
    return ["--repo", str(repository), "--report", project.report, "--runner", runner, *command]


def assert_proven(project: Planted, repository: Path, ran: Ran) -> None:
    """The receipts show the defect before and not after; the branch brings the correction."""
    assert ran.exit_code == 0, ran.said
    assert ran.job()["outcome"] == "verified"
    receipts = ran.receipts()
    assert receipts["baseline"].of(project.test_ids) == {"missing"}
    assert receipts["head"].of(project.test_ids) == {"passed"}
    assert receipts["reproduction"].of(project.test_ids) == {"failed"}

    command = ran.fetch_command()
    subprocess.run(command, check=True, capture_output=True)
    branch = command[-1].partition(":")[2]
    assert project.right in git(repository, "show", f"{branch}:{project.path}")
    changed = git(repository, "diff", "--name-only", f"main...{branch}").split()
    assert sorted(changed) == sorted([project.path, project.test])


@every_project
def test_a_transcript_corrects_it(project: Planted, repository: Path, tmp_path: Path) -> None:
    before = state_of(repository)
    transcript = project.write_transcript(tmp_path / "transcript.json")
    arguments = asked(project, repository, "local_scripted")
    ran = run_demo(tmp_path, *arguments, "--transcript", str(transcript))
    assert state_of(repository) == before
    assert_proven(project, repository, ran)


@pytest.mark.cli
@every_project
def test_claude_code_corrects_it(
    project: Planted, repository: Path, tmp_path: Path, claude: Path
) -> None:
    before = state_of(repository)
    with model_server(project.script()) as server:
        ran = run_demo(
            tmp_path,
            *asked(project, repository, "local_claude"),
            environment={"ANTHROPIC_API_KEY": "any", "ANTHROPIC_BASE_URL": server.url},
            path=str(claude),
        )
    assert state_of(repository) == before
    assert_proven(project, repository, ran)


@every_project
def test_without_a_model_there_is_a_useful_plan(
    project: Planted, repository: Path, tmp_path: Path
) -> None:
    ran = run_demo(tmp_path, *asked(project, repository, "local_builtin"))
    assert ran.exit_code == 6, ran.said
    assert ran.job()["outcome"] == "no_model"
    assert list(ran.receipts()) == ["baseline"]
    assert project.path in ran.candidate_files()[:5]


@pytest.mark.parametrize("project", [ITSDANGEROUS], ids=["itsdangerous"])
def test_dependencies_are_installed_where_the_network_is_allowed(
    project: Planted, repository: Path, tmp_path: Path
) -> None:
    transcript = project.write_transcript(tmp_path / "transcript.json")
    arguments = asked(project, repository, "local_scripted")
    ran = run_demo(tmp_path, *arguments, "--transcript", str(transcript), "--setup-network")
    assert_proven(project, repository, ran)
    # These need freezegun, which the platform does not bring.
    needing = {test for test in ran.receipts()["head"].outcomes if "/test_timed.py::" in test}
    assert len(needing) > 10
    assert ran.receipts()["head"].of(needing) == {"passed"}


def test_one_of_them_is_large(tmp_path: Path) -> None:
    repository = NETWORKX.check_out(tmp_path / "networkx")
    assert len(git(repository, "ls-files").splitlines()) > 500
