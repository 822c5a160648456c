"""The demonstration's reports, sorted and planned without a model."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from clusters.cleaning.report import for_comparing
from clusters.describing.base import Report
from clusters.describing.extracts import describe
from clusters.embedding.dense import encoder
from clusters.grouping.stream import Stream
from clusters.planner.base import ClusterEvidence, Evidence, SourceFile
from clusters.planner.evidence import EvidencePlanner
from clusters.sources.base import IncomingReport
from clusters.sources.registry import parser_for
from soulcaster.demo import material
from tests.soulcaster.demo.truth import TRUTH

DEFECTIVE = {
    "coupons": "src/tillwork/coupons.py",
    "closing": "src/tillwork/closing.py",
    "export": "src/tillwork/export.py",
}


def read(path: Path) -> list[IncomingReport]:
    parser = parser_for(path.name)
    assert parser is not None
    return [one for one in parser.parse(path.read_bytes()) if isinstance(one, IncomingReport)]


@pytest.fixture(scope="module")
def reports() -> dict[int, IncomingReport]:
    found = [report for path in material().reports for report in read(path)]
    return dict(enumerate(sorted(found, key=lambda report: str(report.occurred_at)), 1))


@pytest.fixture(scope="module")
def clusters(reports: dict[int, IncomingReport]) -> list[list[Report]]:
    model = encoder()
    assert model is not None  # it ships
    stream = Stream(model.embed)
    stream.add([for_comparing(report.title, report.body) for report in reports.values()])
    stream.refine()
    groups: dict[int, list[Report]] = defaultdict(list)
    for (number, report), group in zip(reports.items(), stream.groups, strict=True):
        groups[group].append(Report(number, report.title, report.body))
    return sorted(groups.values(), key=len, reverse=True)


@pytest.fixture(scope="module")
def repository() -> list[SourceFile]:
    root = material().repository
    paths = sorted(
        p for p in root.rglob("*") if p.is_file() and p.suffix in {".py", ".md", ".toml"}
    )
    return [SourceFile(p.relative_to(root).as_posix(), p.read_text("utf-8")) for p in paths]


def labels(cluster: list[Report], reports: dict[int, IncomingReport]) -> Counter[str]:
    return Counter(TRUTH[reports[item.id].external_id] for item in cluster)


@pytest.mark.parametrize("defect", DEFECTIVE)
def test_the_reports_of_a_defect_are_mostly_in_one_cluster(
    defect: str, reports: dict[int, IncomingReport], clusters: list[list[Report]]
) -> None:
    most = max(labels(cluster, reports)[defect] for cluster in clusters)
    assert most >= 0.8 * list(TRUTH.values()).count(defect)


def test_no_cluster_mixes_defects_or_swallows_noise(
    reports: dict[int, IncomingReport], clusters: list[list[Report]]
) -> None:
    assert all(len(labels(cluster, reports)) == 1 for cluster in clusters)


@pytest.mark.parametrize("defect", DEFECTIVE)
def test_the_defective_file_is_the_first_candidate(
    defect: str,
    reports: dict[int, IncomingReport],
    clusters: list[list[Report]],
    repository: list[SourceFile],
) -> None:
    items = max(clusters, key=lambda cluster: labels(cluster, reports)[defect])
    evidence = [Evidence(item.id, "file", item.title, item.body) for item in items]
    said = describe(items)
    cluster = ClusterEvidence(said.title, said.summary, evidence)
    plan = EvidencePlanner().draft(cluster, repository)
    assert plan.files[0].path == DEFECTIVE[defect]
    assert plan.tests[0].path == f"tests/test_{Path(DEFECTIVE[defect]).name}"
