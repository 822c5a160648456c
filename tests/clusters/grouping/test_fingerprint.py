from __future__ import annotations

from clusters.grouping.fingerprint import fingerprint

PYTHON = """Traceback (most recent call last):
  File "/srv/{root}/shop/cart.py", line {line}, in total
    return self.sum()
  File "/srv/{root}/shop/cart.py", line 9, in sum
    raise ValueError("{value}")
ValueError: {value}
"""


def test_one_exception_at_one_place_is_one_fingerprint() -> None:
    one = fingerprint("Crash", PYTHON.format(root="a", line=3, value="1"))
    two = fingerprint("It broke", PYTHON.format(root="b", line=4, value="2"))
    assert one == two
    assert one.startswith("trace:")
    assert len(one) <= 64


def test_another_exception_is_another_fingerprint() -> None:
    trace = PYTHON.format(root="a", line=3, value="1")
    assert fingerprint("", trace) != fingerprint("", trace.replace("ValueError", "KeyError"))


def test_javascript_traces_are_understood() -> None:
    trace = (
        "TypeError: x is undefined\n    at total (app/cart.js:{}:3)\n    at pay (app/pay.js:9:1)"
    )
    assert fingerprint("", trace.format(1)) == fingerprint("Oops", trace.format(2))


def test_the_same_words_are_one_fingerprint_and_too_few_are_none() -> None:
    assert fingerprint("Export is cut", "Last row missing.") == fingerprint(
        "export is CUT!", "last row missing"
    )
    assert fingerprint("Help", "") == ""
