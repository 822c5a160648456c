from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clusters.embedding.hashed import Rarity, counted
from clusters.embedding.minilm import DIMENSIONS, MiniLM, folder
from clusters.embedding.wordpiece import WordPieces


@pytest.fixture(scope="module")
def model() -> MiniLM:
    path = folder()
    assert path is not None
    return MiniLM(path)


def test_the_same_meaning_in_other_words_is_alike(model: MiniLM) -> None:
    one, same, other = model.embed(
        ["How do I reset my password?", "I forgot my login credentials", "The pizza was cold"]
    )
    assert one @ same > 0.5 > 0.2 > one @ other


def test_a_vector_does_not_depend_on_its_company(model: MiniLM) -> None:
    text = "Exporting the month drops the last row"
    alone = model.embed([text])[0]
    among = model.embed(["short", text, "another of some length, which is cut differently"])[1]
    assert np.allclose(alone, among, atol=1e-5)
    assert np.linalg.norm(alone) == pytest.approx(1, abs=1e-5)


def test_nothing_and_a_flood_have_vectors_too(model: MiniLM) -> None:
    rows = model.embed(["", "word " * 100_000, "\u0000\ud7ff"])
    assert rows.shape == (3, DIMENSIONS)
    assert np.isfinite(rows).all()


def test_words_are_cut_into_known_pieces(tmp_path: Path) -> None:
    vocabulary = [""] * 100 + ["[UNK]", "[CLS]", "[SEP]", "play", "##ing", ",", "uber"]
    (tmp_path / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    pieces = WordPieces(tmp_path / "vocab.txt")
    assert pieces.encode("Playing, \u00dcber\nxyz", 64) == [101, 103, 104, 105, 106, 100, 102]
    assert pieces.encode("play " * 50, 5) == [101, 103, 103, 103, 102]


def test_rows_of_words_have_length_one_or_are_empty() -> None:
    texts = [counted("coupon total wrong"), counted("the 42 !!")]
    full, empty = Rarity(texts).rows(texts)
    assert np.linalg.norm(full) == pytest.approx(1, abs=1e-5)
    assert not empty.any()
