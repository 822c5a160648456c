"""Thirty reports, as a project has in its first week: of so few nothing can be learnt."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest

from clusters.embedding.dense import encoder
from clusters.grouping.stream import Encode, Stream
from tests.clusters.grouping.reports import REPORTS

DEFECTS = ("reminder", "export", "login")

Groups = Sequence[list[str]]  # the labels of each group's reports


def grouped(seed: int, encode: Encode | None, *, at_once: bool) -> Groups:
    reports = list(REPORTS)
    random.Random(seed).shuffle(reports)
    stream = Stream(encode)
    texts = [f"{title}\n{body}" for _, title, body in reports]
    for part in [texts] if at_once else [[text] for text in texts]:
        stream.add(part)
        stream.refine()
    found: dict[int, list[str]] = defaultdict(list)
    for (label, _, _), group in zip(reports, stream.groups, strict=True):
        found[group].append(label)
    return list(found.values())


def largest_share(groups: Groups, label: str) -> float:
    """The share of a defect's reports that are in one group."""
    counts = [Counter(group)[label] for group in groups]
    return max(counts) / sum(counts)


def purity(groups: Groups) -> float:
    """The share of reports that are where most of the group belongs; noise belongs nowhere."""
    most = (max(1, *(Counter(group)[label] for label in DEFECTS)) for group in groups)
    return sum(most) / len(REPORTS)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_each_defect_is_one_group_and_nothing_else_is_in_it(seed: int, *, at_once: bool) -> None:
    model = encoder()
    assert model is not None  # it ships
    groups = grouped(seed, model.embed, at_once=at_once)
    assert all(largest_share(groups, label) == 1.0 for label in DEFECTS)
    assert purity(groups) == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_by_words_alone_each_defect_is_mostly_one_group(seed: int) -> None:
    groups = grouped(seed, None, at_once=True)
    assert all(largest_share(groups, label) >= 0.6 for label in DEFECTS)
    assert purity(groups) >= 0.85


def test_reports_without_a_single_word_are_left_apart() -> None:
    stream = Stream()
    assert stream.add(["!!", "??"]) == [0, 1]
