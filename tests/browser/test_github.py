"""From the sign-in with GitHub to a merge there, as a person walks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from soulcaster.demo import build_repository, material
from tests.browser.barriers import barriers
from tests.browser.complaints import Complaints
from tests.browser.product import Product, running, until
from tests.live.on_github import LOGIN, NAME, REPOSITORY, introduce, set_up
from tests.stand_ins.github import bare
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer
from tests.stand_ins.github.state import Pull
from tests.stand_ins.model_server import ModelServer, model_server

__all__ = ["github"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LONG = 90_000  # ms; a job on a busy machine
KEY = "sk-ant-api03-for-this-test-only-91c2"


@pytest.fixture
def product(
    github: GitHubServer, tmp_path: Path, browser_type_launch_args: object
) -> Iterator[Product]:
    """The product as its operator set it up for GitHub."""
    source = tmp_path / "tillwork"
    build_repository(source)
    environment = {**set_up(github, source), "CODING_AGENT_RUNNER": "local_scripted"}
    with running(tmp_path, environment) as product:
        introduce(github, product.address)
        yield product


@pytest.fixture
def provider() -> Iterator[ModelServer]:
    """A model's provider that takes every key and never writes a plan."""
    with model_server([]) as server:
        yield server


@pytest.fixture
def page(browser: Browser, product: Product, complaints: Complaints) -> Iterator[Page]:
    """A browser that nobody has used before."""
    context = browser.new_context(base_url=product.address, viewport={"width": 1280, "height": 900})
    yield complaints.listen(context).new_page()
    context.close()


def test_from_the_sign_in_to_the_merge(
    page: Page, github: GitHubServer, provider: ModelServer
) -> None:
    sign_in(page)
    add_a_key(page, provider.url)
    project = connect(page)
    work_without_isolation_if_need_be(page, project)
    import_reports(page, project)
    plan_the_first(page, project)
    github.calls.clear()
    page.get_by_role("button", name="Generate fix", exact=True).click()
    watch_the_pull_request(page)
    assert len(github.api_calls) <= 12, github.api_calls

    pull = github.repository(REPOSITORY).pulls[1]
    is_in_the_name_of_the_person(github, pull)
    tells_what_was_proven(page, pull)
    assert changes_of_draft(github) == [("opened", True), ("ready_for_review", False)]

    page.get_by_role("link", name=re.compile(r"^Cluster \d+$")).click()
    expect(page.get_by_role("main")).to_contain_text("PR open")
    github.merge_pull(REPOSITORY, pull.number)
    assert {each.status for each in github.deliveries if each.event == "pull_request"} == {202}
    until(lambda: is_resolved(page), 30)


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Sign in with GitHub").click()
    expect(page.get_by_text("read:user")).to_be_visible()
    page.get_by_role("button", name=f"Authorize as {LOGIN}").click()
    expect(page.get_by_role("heading", name="Connect your first project")).to_be_visible()


def add_a_key(page: Page, gateway: str) -> None:
    """Straight from the dashboard: nothing but the key has to be known."""
    page.get_by_role("link", name="add your key").click()
    page.get_by_label("Provider").select_option("anthropic")
    page.get_by_label("Key", exact=True).fill(KEY)
    page.get_by_label(re.compile("address", re.IGNORECASE)).fill(gateway)
    assert barriers(page) == ""
    page.get_by_role("button", name="Store and verify").click()
    expect(page.get_by_text("Anthropic takes it")).to_be_visible()
    expect(page.get_by_text(f"…{KEY[-4:]}", exact=True)).to_be_visible()
    assert KEY not in page.content()


def connect(page: Page) -> int:
    """By a list that is searched; the project's number."""
    page.goto("/projects/new/")
    search = page.get_by_role("searchbox", name="Search repositories")
    rows = page.get_by_role("row").filter(has=page.get_by_role("button"))
    expect(rows).to_have_count(1)
    search.fill("drawer")
    expect(page.get_by_text("Nothing of that name")).to_be_visible()
    search.fill("till")
    expect(rows).to_contain_text("private")
    assert barriers(page) == ""
    page.get_by_role("button", name=f"Connect {REPOSITORY}").click()
    page.wait_for_url("**/import/")
    found = re.search(r"/projects/(\d+)/", page.url)
    assert found
    return int(found[1])


def work_without_isolation_if_need_be(page: Page, project: int) -> None:
    """The repository is our own."""
    page.goto(f"/projects/{project}/settings/")
    expect(page.get_by_role("main")).to_contain_text(f"GitHub {REPOSITORY}")
    page.get_by_label("Allow runs without isolation").check()
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("The settings were saved.")).to_be_visible()


def import_reports(page: Page, project: int) -> None:
    for report in material().reports:
        page.goto(f"/projects/{project}/import/")
        page.get_by_label("File").set_input_files(report)
        page.get_by_role("button", name="Import file").click()
        page.wait_for_url("**/imports/*/")
    until(lambda: is_grouped(page, project), 60)


def is_grouped(page: Page, project: int) -> bool:
    page.goto(f"/?project={project}")
    waiting = page.get_by_text("to be grouped")
    return page.get_by_role("listitem").count() > 0 and not waiting.is_visible()


def plan_the_first(page: Page, project: int) -> None:
    rows = page.get_by_role("main").locator("[data-row]")
    rows.first.get_by_role("link").first.click()
    page.get_by_role("navigation", name="Cluster").get_by_role("link", name="Plan").click()
    page.get_by_role("button", name="Write a plan").first.click()
    expect(page.get_by_text("The model could not write the plan")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Write it from the evidence").click()
    approve = page.get_by_role("button", name="Approve plan")
    expect(approve).to_be_visible(timeout=LONG)
    approve.click()
    expect(page.get_by_role("main")).to_contain_text(f"Approved by {NAME}")


def watch_the_pull_request(page: Page) -> None:
    """A draft while the job runs, ready at its end; it is read on GitHub."""
    facts = page.get_by_role("complementary", name="Facts")
    expect(facts.get_by_text("Draft", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_role("status").filter(has_text="Verified")).to_be_visible(timeout=LONG)
    expect(facts.get_by_text("Draft", exact=True)).to_be_hidden()
    expect(facts.get_by_text("Ready", exact=True)).to_be_visible()


def is_in_the_name_of_the_person(github: GitHubServer, pull: Pull) -> None:
    """The pull request and every commit, which say besides who really wrote them."""
    account = github.state.account(LOGIN)
    assert (pull.author, pull.draft, pull.state) == (LOGIN, False, "open")
    assert pull.head.startswith("soulcaster/")
    path = github.repository(REPOSITORY).path
    span = f"{pull.base_sha}..{pull.head_sha}"
    log = bare.git(path, "log", "--reverse", "--format=%an <%ae>%n%B%x00", span)
    commits = [each.strip() for each in log.split("\0") if each.strip()]
    author = f"{NAME} <{account.id}+{LOGIN}@users.noreply.127.0.0.1>"
    trailer = "Soulcaster-Agent: Recorded transcript (local_scripted)"
    assert len(commits) > 1
    assert {commit.splitlines()[0] for commit in commits} == {author}
    assert {commit.splitlines()[-1] for commit in commits} == {trailer}
    assert bare.git(path, "diff", "--name-only", f"{pull.base_sha}..{first_of(path, span)}") == ""
    changed = bare.git(path, "diff", "--name-only", span).splitlines()
    assert "src/tillwork/coupons.py" in changed


def first_of(path: Path, span: str) -> str:
    return bare.git(path, "rev-list", "--reverse", span).splitlines()[0]


def tells_what_was_proven(page: Page, pull: Pull) -> None:
    """In one section of our own, with lines that are lines."""
    body = pull.body or ""
    assert body.startswith("<!-- soulcaster")
    assert body.count("<!-- soulcaster job") == 1
    assert "**Verified.**" in body
    assert "\n| After: the new tests on the new code | passed |" in body
    assert "Work in progress" not in body
    assert "\\n" not in body
    job = re.search(r"/jobs/\d+/", page.url)
    assert job
    assert f"{page.url.partition('/jobs/')[0]}{job[0]}" in body
    link = page.get_by_role("link", name=re.compile(r"^Pull request #1$"))
    assert (link.get_attribute("href") or "").endswith(f"/{REPOSITORY}/pull/1")


def changes_of_draft(github: GitHubServer) -> list[tuple[str, bool]]:
    """What GitHub told: when the pull request became what."""
    events = [each.payload for each in github.deliveries if each.event == "pull_request"]
    return [
        (each["action"], each["pull_request"]["draft"])
        for each in events
        if each["action"] in {"opened", "ready_for_review", "converted_to_draft", "closed"}
    ]


def is_resolved(page: Page) -> bool:
    page.reload()
    return "Resolved" in page.get_by_role("main").inner_text()
