from __future__ import annotations

import math
import time

import pytest

from clusters.embedding.base import cosine
from clusters.embedding.tfidf import TfidfEmbedder
from clusters.embedding.words import spelled, stem, words


@pytest.mark.parametrize(
    "forms",
    [
        ("charge", "charges", "charged", "charging"),
        ("ship", "ships", "shipped", "shipping"),
        ("category", "categories"),
        ("export", "exports", "exported", "exporting"),
        ("fall", "falls", "falling"),
        ("pass", "passed", "passing"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("bus", "bu"), ("string", "str"), ("address", "addres")]
)
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_words_that_say_nothing_are_left_out() -> None:
    assert words("Please, the APP doesn't work: 42 coupons!") == ["coupon"]


def test_words_are_spelled_as_the_text_has_them() -> None:
    assert spelled("Coupons fail. The coupon is ignored.") == {
        "coupon": "coupons",
        "fail": "fail",
        "ignor": "ignored",
    }


def test_vectors_have_length_one_and_none_without_words() -> None:
    full, empty = TfidfEmbedder().embed(["coupon total wrong", "the 42 !!"])
    assert math.isclose(cosine(full, full), 1.0)
    assert empty == {}


def test_texts_with_rare_words_in_common_are_alike() -> None:
    texts = ["coupon ignored at checkout", "checkout ignores my coupon", "dark theme wanted"]
    one, two, three = TfidfEmbedder().embed(texts)
    assert cosine(one, two) > 0.99
    assert cosine(one, three) == 0.0


def test_no_text_gives_no_vector() -> None:
    assert TfidfEmbedder().embed([]) == []


def test_ten_thousand_short_texts_take_seconds() -> None:
    texts = [f"the coupon number{n % 977} of shop{n % 311} is ignored" for n in range(10_000)]
    start = time.process_time()
    TfidfEmbedder().embed(texts)
    assert time.process_time() - start < 5
