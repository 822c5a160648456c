from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clusters.embedding.minilm import Floats, unit
from clusters.grouping.average import linked
from clusters.grouping.regroup import Fixed
from clusters.grouping.stream import Stream

TOPICS = ("coupon discount basket", "export month pdf", "login password loop", "reminder late hour")


def texts(count: int) -> list[str]:
    return [f"{TOPICS[n % 4]} customer{n}" for n in range(count)]


def meaning(texts: Sequence[str]) -> Floats:
    """Stands for the encoder: a direction for each topic and a little noise that the text decides."""
    rows = np.zeros((len(texts), 128), np.float32)
    for row, text in zip(rows, texts, strict=True):
        chance = np.random.default_rng(sum(text.encode()))
        row[:] = chance.normal(0, 0.04, 128)
        row[next(n for n, topic in enumerate(TOPICS) if topic in text)] += 1
    return unit(rows)


def test_each_topic_becomes_one_group() -> None:
    stream = Stream(meaning)
    for text in texts(120):
        stream.add([text])
        if stream.refinement_due:
            stream.refine()
    assert stream.groups[100:104] == stream.groups[104:108]
    assert len(set(stream.groups)) == 4


def test_one_at_a_time_or_together_makes_no_difference() -> None:
    together, alone = Stream(meaning), Stream(meaning)
    for stream in (together, alone):
        stream.add(texts(60))
        stream.refine()
    later = texts(80)[60:]
    assert together.add(later) == [alone.add([text])[0] for text in later]


def test_groups_keep_their_numbers_when_they_are_refined() -> None:
    stream = Stream(meaning)
    stream.add(texts(80))
    stream.refine()
    before = stream.groups
    stream.refine()
    assert stream.groups == before


def test_refinement_leaves_what_people_decided() -> None:
    stream = Stream(meaning)
    stream.add(texts(80))
    stream.refine(Fixed(together=[(0, 1)], apart=[(2, 6)]))
    groups = stream.groups
    assert groups[0] == groups[1]
    assert groups[2] != groups[6]


def test_average_linkage_joins_until_the_threshold() -> None:
    angles = np.array([0.0, 0.1, 0.2, 1.4, 1.5])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert linked(rows, [1] * 5, 0.9) == [0, 0, 0, 3, 3]
    assert linked(rows, [1] * 5, 1.1) == [0, 1, 2, 3, 4]
    assert linked(rows, [1] * 5, -1.0, fixed=2) in (
        [0, 1, 1, 1, 1],
        [0, 1, 0, 0, 0],
        [0, 1, 1, 0, 0],
    )


def test_a_pair_to_be_kept_apart_is_never_joined_through_a_third() -> None:
    rows = np.ones((3, 2), np.float32)
    found = linked(rows, [1, 1, 1], 0.5, apart=[(0, 2)])
    assert found[0] != found[2]
