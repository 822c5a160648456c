"""What a report means is computed once, and again when the report or the encoder is another one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clusters.embedding.dense import encoder
from clusters.embedding.kept import pack, unpack
from clusters.embedding.minilm import DIMENSIONS
from clusters.models import Embedding, FeedbackItem, Project
from clusters.services import grouping
from clusters.services.grouping import embeddings, indexes
from tests import factories
from tests.clusters.services.test_grouping import said, source

__all__ = ["source"]


def test_what_is_stored_can_be_compared_as_it_was_computed() -> None:
    model = encoder()
    assert model is not None  # it ships
    texts = ["Two coupons give a wrong total", "!!", "Two coupons give a wrong total"]
    kept = unpack(pack(texts, model), meaning=True)
    assert kept.dense is not None
    assert kept.dense.shape == (3, DIMENSIONS)
    assert np.allclose(kept.dense, model.embed(texts), atol=1e-3)
    assert [len(words) for words in kept.words] == [4, 0, 4]
    assert unpack(pack(texts, None), meaning=False).dense is None


def test_only_what_is_missing_or_stale_is_computed(source: Any) -> None:
    items = [said(source, "Export hangs"), said(source, "Login loops")]
    assert embeddings.embed(items) == 2
    assert embeddings.embed(items) == 0
    items[0].body = "For ever."
    assert embeddings.embed(items) == 1
    Embedding.objects.filter(item=items[1]).update(model="older-1")
    assert embeddings.embed(items) == 1
    assert set(Embedding.objects.values_list("model", flat=True)) == {embeddings.model()}


def test_lines_that_all_reports_share_are_not_compared(project: Project, source: Any) -> None:
    form = "Please tell us about your day at the office"
    for number in range(10):
        said(source, f"Report {number}", f"{form}\nThing {number} broke.")
    item = FeedbackItem.objects.latest("pk")
    text = embeddings.text_of(item, embeddings.forms_of(project.pk))
    assert "office" not in text
    assert "Thing 9 broke" in text


def test_reports_that_were_grouped_before_rows_were_kept_are_compared(
    project: Project, source: Any
) -> None:
    cluster = factories.make_cluster(project)
    old = said(source, "PDF export cuts off the last week", "The last row is dropped.")
    FeedbackItem.objects.filter(pk=old.pk).update(cluster=cluster)
    late = said(source, "Last week missing in PDF export", "The last row is not there.")
    grouping.group_waiting(project)
    late.refresh_from_db()
    assert late.cluster == cluster


def test_without_the_encoder_words_decide(
    project: Project, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = said(source, "PDF export cuts off the last week", "The last row is dropped.")
    grouping.group_waiting(project)
    monkeypatch.setattr(embeddings, "encoder", lambda: None)
    grouping.touch(project.pk)
    indexes.clear()
    second = said(source, "PDF export cuts off the last week again", "The last row is not there.")
    grouping.group_waiting(project)
    second.refresh_from_db()
    first.refresh_from_db()
    assert second.cluster == first.cluster
    assert embeddings.model().startswith("words-")


def test_the_index_that_was_not_used_for_longest_makes_room(
    project: Project, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes.clear()
    monkeypatch.setattr(indexes, "MEMORY", 1)
    other = factories.make_project(project.team, name="Other")
    said(source, "Export hangs")
    grouping.group_waiting(project)
    with indexes.held(project) as before:
        pass
    with indexes.held(other):
        pass
    with indexes.held(project) as after:
        assert after is not before
        assert after.ids == before.ids


def test_what_failed_halfway_is_thrown_away(project: Project) -> None:
    with pytest.raises(RuntimeError), indexes.held(project) as before:
        raise RuntimeError
    with indexes.held(project) as after:
        assert after is not before


def test_a_report_that_is_gone_is_forgotten(project: Project, source: Any) -> None:
    first = said(source, "Export hangs")
    said(source, "Login loops")
    grouping.group_waiting(project)
    first.delete()
    grouping.touch(project.pk)
    with indexes.held(project) as known:
        assert len(known.ids) == len(known.index) == 1
