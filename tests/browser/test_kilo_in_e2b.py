"""The default runner as a person sees it: Kilocode in E2B, from the sign-in to the merge."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from soulcaster.demo import build_repository
from tests.browser.barriers import barriers
from tests.browser.product import Product, running, until
from tests.browser.test_github import (
    changes_of_draft,
    connect,
    import_reports,
    is_resolved,
    page,
    plan_the_first,
    sign_in,
)
from tests.live.kilo_in_e2b import (
    KEY,
    Lookout,
    WatchedModel,
    e2b_with_kilo,
    environment,
    model_at,
)
from tests.live.on_github import LOGIN, REPOSITORY, introduce, set_up
from tests.stand_ins.e2b.server import E2BDouble
from tests.stand_ins.github import bare
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github", "page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.cli,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

LONG = 300_000  # ms; the agent alone needs a minute of a busy machine


@pytest.fixture
def double() -> Iterator[E2BDouble]:
    if os.geteuid() != 0:
        pytest.skip("the machines of the double of E2B need root; run the tests as root")
    with e2b_with_kilo() as double:
        yield double


@pytest.fixture
def lookout(double: E2BDouble) -> Lookout:
    return Lookout(double)


@pytest.fixture
def model(double: E2BDouble, lookout: Lookout) -> Iterator[WatchedModel]:
    with model_at(double, lookout) as model:
        yield model


@pytest.fixture
def product(
    github: GitHubServer,
    double: E2BDouble,
    model: WatchedModel,
    tmp_path: Path,
    browser_type_launch_args: object,
) -> Iterator[Product]:
    """The product with the operator's keys, and no word about runners."""
    source = tmp_path / "tillwork"
    build_repository(source)
    with running(tmp_path, {**set_up(github, source), **environment(double)}) as product:
        introduce(github, product.address)
        yield product


def test_kilocode_in_e2b_from_the_sign_in_to_the_merge(
    page: Page, github: GitHubServer, double: E2BDouble, model: WatchedModel, lookout: Lookout
) -> None:
    sign_in(page)
    project = connect(page)
    import_reports(page, project)
    plan_the_first(page, project)
    page.get_by_role("button", name="Generate fix", exact=True).click()
    watch_the_job(page)

    pull = github.repository(REPOSITORY).pulls[1]
    assert (pull.author, pull.draft, pull.state) == (LOGIN, False, "open")
    assert "**Verified.**" in (pull.body or "")
    assert "Soulcaster-Agent: Kilocode (sandbox_kilo)" in last_commit(github, pull.head_sha)
    assert changes_of_draft(github) == [("opened", True), ("ready_for_review", False)]
    assert {entry.question.key for entry in model.log.entries()} == {KEY}
    assert lookout.programs, "nobody has looked at the agent's process"
    assert lookout.found == set()
    assert KEY not in page.content()
    assert double.boxes.all == {}

    page.get_by_role("link", name=re.compile(r"^Cluster \d+$")).click()
    github.merge_pull(REPOSITORY, pull.number)
    until(lambda: is_resolved(page), 30)


def watch_the_job(page: Page) -> None:
    """A draft and the agent's own words while it runs, a verdict at its end."""
    facts = page.get_by_role("complementary", name="Facts")
    expect(page.get_by_role("main")).to_contain_text("sandbox_kilo")
    expect(facts.get_by_text("Draft", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_role("main")).to_contain_text("The correction.", timeout=LONG)
    expect(page.get_by_role("status").filter(has_text="Verified")).to_be_visible(timeout=LONG)
    expect(facts.get_by_text("Ready", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Receipts 3")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("key is in the environment")
    assert barriers(page) == ""


def last_commit(github: GitHubServer, sha: str) -> str:
    return bare.git(github.repository(REPOSITORY).path, "log", "-1", "--format=%B", sha)
