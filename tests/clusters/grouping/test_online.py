from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest

from clusters.grouping.base import Assignment, Group, Item
from clusters.grouping.online import assign
from tests.clusters.grouping.reports import ITEMS, LABELS

DEFECTS = ("reminder", "export", "login")


def groups_of(assignments: Sequence[Assignment]) -> list[set[int]]:
    found: dict[int | None, set[int]] = defaultdict(set)
    for assignment in assignments:
        found[assignment.new_cluster].add(assignment.item_id)
    return list(found.values())


def one_by_one(items: Sequence[Item]) -> list[set[int]]:
    groups: list[list[Item]] = []
    for item in items:
        (assignment,) = assign([item], [Group(key, group) for key, group in enumerate(groups)])
        if assignment.cluster_key is None:
            groups.append([item])
        else:
            groups[assignment.cluster_key].append(item)
    return [{item.id for item in group} for group in groups]


def largest_share(groups: Sequence[set[int]], label: str) -> float:
    """The share of a defect's reports that are in one group."""
    reports = {number for number, own in LABELS.items() if own == label}
    return max(len(group & reports) for group in groups) / len(reports)


def purity(groups: Sequence[set[int]]) -> float:
    """The share of reports that are where most of the group belongs."""
    most = (Counter(LABELS[i] for i in group).most_common(1)[0][1] for group in groups)
    return sum(most) / len(LABELS)


def shuffled(seed: int) -> list[Item]:
    items = list(ITEMS)
    random.Random(seed).shuffle(items)
    return items


@pytest.mark.parametrize("seed", range(5))
def test_in_bulk_each_defect_is_one_group(seed: int) -> None:
    groups = groups_of(assign(shuffled(seed)))
    assert all(largest_share(groups, label) == 1.0 for label in DEFECTS)
    assert purity(groups) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_one_by_one_each_defect_is_mostly_one_group(seed: int) -> None:
    groups = one_by_one(shuffled(seed))
    assert all(largest_share(groups, label) >= 0.6 for label in DEFECTS)
    assert purity(groups) >= 0.95


def test_what_belongs_nowhere_stays_alone() -> None:
    groups = groups_of(assign(ITEMS))
    noise = {number for number, label in LABELS.items() if label == "noise"}
    assert [group for group in groups if group & noise] == [{number} for number in sorted(noise)]


def test_a_new_report_joins_the_cluster_it_resembles_and_says_why() -> None:
    groups = [Group(70 + n, [i for i in ITEMS if LABELS[i.id] == d]) for n, d in enumerate(DEFECTS)]
    late = Item(100, "Reminder late", "The reminder came one hour late after the clocks changed.")
    (assignment,) = assign([late], groups)
    assert assignment.cluster_key == 70
    assert assignment.new_cluster is None
    assert assignment.reason.rule == "similar"
    assert LABELS[assignment.reason.nearest_item or 0] == "reminder"
    assert 0.3 < assignment.reason.score <= 1.0
    assert {"reminder", "hour", "late"} <= set(assignment.reason.shared_words)


def test_the_first_report_opens_a_cluster() -> None:
    (assignment,) = assign([Item(1, "Anything", "at all")])
    assert (assignment.cluster_key, assignment.new_cluster) == (None, 0)
    assert assignment.reason.rule == "first"


def test_an_equal_fingerprint_decides_before_any_likeness() -> None:
    cluster = Group(9, [Item(1, "Coupon ignored", "at checkout", fingerprint="f")])
    (same,) = assign([Item(2, "Something else", "entirely", fingerprint="f")], [cluster])
    assert same.cluster_key == 9
    assert (same.reason.rule, same.reason.nearest_item, same.reason.score) == (
        "fingerprint",
        1,
        1.0,
    )


def test_the_same_text_twice_has_the_same_fingerprint() -> None:
    text = ("Coupon ignored", "The coupon was ignored at checkout!")
    _, second = assign([Item(1, *text), Item(2, *text)])
    assert second.new_cluster == 0
    assert second.reason.rule == "fingerprint"


def test_existing_clusters_are_never_joined() -> None:
    one, two = (Group(n, [Item(n, "Coupon ignored", "at the checkout")]) for n in (1, 2))
    (assignment,) = assign([Item(3, "Coupon ignored", "at our checkout")], [one, two])
    assert assignment.cluster_key in {1, 2}


def test_a_single_common_word_is_no_reason() -> None:
    items = [
        Item(1, "Student discount?", "The yearly price is steep for a student."),
        Item(2, "Invoice", "My accountant wants last year's receipts and the invoice."),
    ]
    assert [assignment.new_cluster for assignment in assign(items)] == [0, 1]


def test_reports_without_a_single_word_are_left_apart() -> None:
    assert [a.new_cluster for a in assign([Item(1, "!!", ""), Item(2, "??", "")])] == [0, 1]


def test_the_result_is_the_same_every_time() -> None:
    assert assign(ITEMS) == assign(ITEMS)


def test_nothing_to_assign() -> None:
    assert assign([], [Group(1, [ITEMS[0]])]) == []


@pytest.mark.slow
def test_thousands_of_reports_take_seconds() -> None:
    items = [
        Item(
            n, f"Export {n % 700} fails", f"row{n % 611} of table{n % 97} is cut at column{n % 41}"
        )
        for n in range(5_000)
    ]
    start = time.process_time()
    assert len(assign(items)) == 5_000
    assert time.process_time() - start < 30
