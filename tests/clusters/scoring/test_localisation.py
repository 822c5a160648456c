from __future__ import annotations

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from clusters.planner.weights import NAMES
from clusters.scoring.figures import figures
from tests.clusters.planner.repository import FILES

ISSUE = {
    "instance_id": "shop-1",
    "repo": "owner/shop",
    "problem_statement": "Percent coupon ignored\n`total_with_discount()` ignores the coupon.",
    "gold_files": ["src/shop/cart.py"],
}
OTHER = {
    "instance_id": "post-1",
    "repo": "owner/post",
    "problem_statement": "Receipt\nThe receipt goes to a wrong address.",
    "gold_files": ["src/shop/mail.py"],
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    root = tmp_path / "sources"
    for issue in (ISSUE, OTHER):
        for file in FILES:
            path = root / str(issue["instance_id"]) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text)
    return root


def instances(folder: Path, *issues: object) -> Path:
    path = folder / "instances.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(issue) for issue in issues).encode()))
    return path


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*(str(one) for one in arguments), stdout=out)
    return out.getvalue()


def test_the_lists_are_written_and_the_figures_told(tmp_path: Path, sources: Path) -> None:
    missing = {**ISSUE, "instance_id": "shop-2"}
    path = instances(tmp_path, ISSUE, OTHER, missing)
    said = run("score", "localisation", path, sources, tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["instance_id"] for row in rows] == ["shop-1", "post-1"]
    assert rows[0]["files"][0] == "src/shop/cart.py"
    assert all(len(row["files"]) <= 10 for row in rows)
    assert "3 instances, 2 of them with a checkout" in said
    assert "plans       acc@1/5/10 100.0/100.0/100.0, MRR 1.000" in said
    assert "plain BM25" in said


def test_gold_files_that_the_checkout_lacks_are_counted_apart(
    tmp_path: Path, sources: Path
) -> None:
    path = instances(tmp_path, ISSUE, {**OTHER, "gold_files": ["src/shop/new.py"]})
    said = run("score", "localisation", path, sources, tmp_path / "out.jsonl")
    assert "Gold files that the checkout has (1 instances)" in said
    assert "All that have a checkout (2 instances)" in said
    assert "50.0/50.0/50.0" in said


def test_links_out_of_a_checkout_are_not_followed(tmp_path: Path, sources: Path) -> None:
    (tmp_path / "total_with_discount.py").write_text("def total_with_discount(): pass\n")
    (sources / "shop-1" / "src" / "coupon.py").symlink_to(tmp_path / "total_with_discount.py")
    (sources / "shop-1" / "src" / "percent").symlink_to(tmp_path)
    run("score", "localisation", instances(tmp_path, ISSUE), sources, tmp_path / "out.jsonl")
    files = json.loads((tmp_path / "out.jsonl").read_text())["files"]
    assert not [path for path in files if path.startswith(("src/coupon", "src/percent"))]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 1: this is not JSON"),
        ("[]", "line 1: expected an object"),
        ("", "holds no instance"),
        ('{"problem_statement": "x"}', "instance_id is missing"),
        ('{"instance_id": "../up", "problem_statement": "x"}', "name of a directory"),
        ('{"instance_id": "a"}', "problem_statement is missing"),
        ('{"instance_id": "a", "problem_statement": "x", "gold_files": "b"}', "list of paths"),
        ('{"instance_id": "a", "problem_statement": "x"}', "holds no checkout"),
    ],
)
def test_input_that_cannot_be_used_is_explained(
    tmp_path: Path, sources: Path, line: str, complaint: str
) -> None:
    path = tmp_path / "instances.jsonl"
    path.write_text(line)
    with pytest.raises(CommandError, match=complaint):
        run("score", "localisation", path, sources, tmp_path / "out.jsonl")


def test_missing_and_broken_files_are_explained(tmp_path: Path, sources: Path) -> None:
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(b"no gzip")
    for path in (tmp_path / "none.jsonl", broken):
        with pytest.raises(CommandError, match="cannot be read"):
            run("score", "localisation", path, sources, tmp_path / "out.jsonl")


def test_weights_are_learnt_written_and_measured(tmp_path: Path, sources: Path) -> None:
    out = tmp_path / "weights.json"
    said = run("fit_localisation", instances(tmp_path, ISSUE, OTHER), sources, "--out", out)
    weights = json.loads(out.read_text())
    assert set(weights) == set(NAMES)
    assert sum(max(0, weight) for weight in weights.values()) == pytest.approx(4, abs=0.01)
    assert "2 instances of 2 repositories" in said
    assert "One repository left out: acc@1/5/10 100.0" in said


def test_all_gold_files_have_to_be_within_the_depth() -> None:
    found = figures([(["a", "b", "c"], {"a"}), (["x", "y"], {"y", "x"}), ([], {"z"})])
    assert found.accuracy == pytest.approx((100 / 3, 200 / 3, 200 / 3))
    assert found.reciprocal == pytest.approx(2 / 3)
