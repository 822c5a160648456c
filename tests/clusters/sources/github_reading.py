"""A reader of GitHub issues that keeps what it gets in memory, as the product keeps it in rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clusters.forges.github.client import Client
from clusters.forges.github.errors import Place
from clusters.sources.base import Filtered, IncomingReport, Page
from clusters.sources.github_issues import GitHubIssues
from tests.stand_ins.github.server import GitHubServer

NAME = "acme/widgets"
START = datetime(2025, 1, 1, tzinfo=UTC)


def at(minutes: float) -> str:
    """A moment so long after the first one, as GitHub writes it."""
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Reader:
    """Fetches again and again, and remembers."""

    server: GitHubServer
    token: str
    config: dict[str, Any] = field(default_factory=lambda: {"repository": NAME})
    cursor: Mapping[str, Any] = field(default_factory=dict)
    reports: dict[str, IncomingReport] = field(default_factory=dict)
    comments: dict[str, dict[str, str]] = field(default_factory=dict)
    filtered: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def source(self) -> GitHubIssues:
        """A new process's view."""
        place = Place(NAME, self.server.url, "https://soulcaster.example/keys", self.token)
        client = Client(
            self.token, place, api_url=self.server.api_url, timeout=10.0, wait=self.waits.append
        )
        return GitHubIssues(client, self.known)

    def known(self, ids: Collection[str]) -> set[str]:
        """Those that were kept."""
        return set(ids) & set(self.reports)

    def fetch(self, pages: int = 10_000) -> int:
        """One fetch, given up after so many pages; how many calls it took."""
        before = len(self.server.calls)
        for number, page in enumerate(self.source().pages(self.config, self.cursor), start=1):
            self.keep(page)
            if number == pages:
                break
        return len(self.server.calls) - before

    def keep(self, page: Page) -> None:
        """A page, and how to go on after it."""
        for report in page.reports:
            if isinstance(report, IncomingReport):
                self._keep_report(report)
            elif isinstance(report, Filtered):
                self.filtered.append(report.reason)
        self.cursor = page.cursor

    def _keep_report(self, report: IncomingReport) -> None:
        before = self.reports.get(report.external_id)
        if before is None or (before.revised_at or START) < (report.revised_at or START):
            assert report.title
            self.reports[report.external_id] = report
        said = {c.external_id: c.body for c in report.comments or ()}
        self.comments.setdefault(report.external_id, {}).update(said)

    def numbers(self) -> set[int]:
        """Numbers of the issues that were kept."""
        return {int(name.partition("#")[2]) for name in self.reports}

    def of(self, number: int) -> IncomingReport:
        """What was kept of an issue."""
        return self.reports[self.name(number)]

    def said(self, number: int) -> list[str]:
        """Comments that were kept of an issue."""
        return list(self.comments.get(self.name(number), {}).values())

    def name(self, number: int) -> str:
        """An issue's id as a report."""
        return f"{self.server.repository(NAME).id}#{number}"
