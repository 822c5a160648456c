"""The demonstration's reports, imported file by file as `bin/demo` does it."""

from __future__ import annotations

from collections import Counter

from clusters.models import FeedbackItem, Project
from clusters.services import feedback, grouping
from credentials.models import User
from soulcaster.demo import material
from tests.soulcaster.demo.truth import TRUTH


def test_each_defect_is_found_and_the_worst_one_comes_first(alice: User, project: Project) -> None:
    for path in material().reports:
        feedback.import_file(alice, project, name=path.name, data=path.read_bytes())
        grouping.group_waiting(project)
    found: dict[int, Counter[str]] = {}
    for cluster, external_id in FeedbackItem.objects.values_list("cluster", "external_id"):
        found.setdefault(cluster, Counter())[TRUTH[external_id]] += 1
    first = project.clusters.filter(merged_into=None).order_by("-reporter_count").first()
    assert first is not None
    assert set(found[first.pk]) == {"coupons"}
    for defect in ("coupons", "closing", "export"):
        most = max(labels[defect] for labels in found.values())
        assert most >= 0.8 * list(TRUTH.values()).count(defect)
    assert all(len(labels) == 1 for labels in found.values())
