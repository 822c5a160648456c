from __future__ import annotations

from typing import Any

import pytest

from clusters.grouping.fingerprint import fingerprint
from clusters.sources import traces

CLOSING: dict[str, Any] = {
    "type": "ValueError",
    "value": "the till does not add up: 3 cents",
    "mechanism": {"type": "excepthook", "handled": False},
    "stacktrace": {
        "frames": [
            {"filename": "django/core/handlers.py", "abs_path": "/v/site-packages/django/core/h.py",
             "function": "get_response", "lineno": 42, "in_app": False, "context_line": "return x"},
            {"filename": "till/day.py", "function": "close_day", "module": "till.day", "lineno": 12,
             "in_app": True, "pre_context": ["def close_day(day):", "    total = day.total"],
             "context_line": "    check(total)", "post_context": ["    return total"],
             "vars": {"password": "hunter2"}},
            {"filename": "till/checks.py", "function": "check", "lineno": 3, "in_app": True},
        ]
    },
}  # fmt: skip
CAUSE = {
    "type": "KeyError",
    "value": "'drawer'",
    "stacktrace": {
        "frames": [{"filename": "till/drawer.py", "function": "count", "lineno": 7, "in_app": True}]
    },
}
PASTED = """
Since this morning it does not close:

Traceback (most recent call last):
  File "/srv/till/drawer.py", line 70, in count
    return drawers["drawer"]
KeyError: 'drawer'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/venv/lib/python3.11/site-packages/django/core/handlers.py", line 42, in get_response
    return x
  File "/srv/till/day.py", line 120, in close_day
    check(total)
  File "/srv/till/checks.py", line 30, in check
    raise ValueError
ValueError: the till does not add up: 5 cents
"""
IN_NODE = {
    "type": "TypeError",
    "value": "total is undefined",
    "stacktrace": {
        "frames": [
            {"filename": "node:internal/main", "function": "run", "in_app": False, "lineno": 1},
            {"filename": "/app/day.js", "function": "closeDay", "in_app": True, "lineno": 4},
            {"filename": "/app/checks.js", "function": "Check.run", "in_app": True, "lineno": 9},
        ]
    },
}
PASTED_OF_NODE = """
TypeError: total is undefined
    at Check.run (/home/me/app/checks.js:90:12)
    at closeDay (/home/me/app/day.js:40:3)
    at run (node:internal/main:1:2)
"""


def test_what_was_seen_first_comes_first_and_its_cause_after_it() -> None:
    trace = traces.from_sentry({"values": [CAUSE, CLOSING]})

    assert [one["type"] for one in trace] == ["ValueError", "KeyError"]
    assert [frame["function"] for frame in trace[0]["frames"]][-1] == "check"


def test_code_is_kept_around_the_programs_own_frames_alone() -> None:
    library, own, _ = traces.from_sentry([CLOSING])[0]["frames"]

    assert "context" not in library
    assert own["context"][own["line"] - own["context_start"]] == own["context_line"]
    assert own["context_start"] == 10


def test_values_of_variables_are_never_kept() -> None:
    assert "hunter2" not in str(traces.from_sentry([CLOSING]))


def test_a_frame_that_does_not_say_whose_it_is_is_known_by_where_it_lies() -> None:
    frames = [{"filename": "x/y.py", "abs_path": "/v/site-packages/x/y.py"}, {"filename": "a.py"}]
    found = traces.from_sentry([{"type": "E", "stacktrace": {"frames": frames}}])[0]["frames"]

    assert [frame["in_app"] for frame in found] == [False, True]


def test_of_an_endless_recursion_both_ends_are_kept() -> None:
    frames = [{"filename": "a.py", "function": f"f{n}", "lineno": n} for n in range(1, 1001)]
    found = traces.from_sentry([{"type": "RecursionError", "stacktrace": {"frames": frames}}])[0]

    assert len(found["frames"]) == traces.FRAMES_LIMIT
    assert found["left_out"] == 1000 - traces.FRAMES_LIMIT
    assert (found["frames"][0]["line"], found["frames"][-1]["line"]) == (1, 1000)


def test_everything_is_cut_to_a_length() -> None:
    frame = {"filename": "f" * 9999, "function": "g" * 9999, "lineno": 6, "in_app": True,
             "pre_context": ["x" * 9999] * 50, "context_line": "y" * 9999}  # fmt: skip
    value = {"type": "T" * 9999, "value": "v" * 99999, "stacktrace": {"frames": [frame] * 500}}
    trace = traces.from_sentry([value] * 100)

    assert len(trace) == traces.EXCEPTIONS_LIMIT
    assert len(str(trace)) < 400_000
    assert all(len(line) <= 200 for line in trace[0]["frames"][-1]["context"])


def test_as_text_tells_what_python_prints_without_the_libraries() -> None:
    text = traces.as_text(traces.from_sentry([CAUSE, CLOSING]))

    assert text.startswith("Traceback (most recent call last):\n")
    assert '  File "till/day.py", line 12, in close_day\n    check(total)\n' in text
    assert text.endswith("ValueError: the till does not add up: 3 cents")
    assert "get_response" not in text
    assert text.index("KeyError") < text.index("ValueError")


def test_where_only_libraries_are_on_the_way_they_are_told() -> None:
    alone = {"type": "E", "stacktrace": {"frames": CLOSING["stacktrace"]["frames"][:1]}}

    assert "get_response" in traces.as_text(traces.from_sentry([alone]))


@pytest.mark.parametrize(
    ("values", "pasted"), [([CAUSE, CLOSING], PASTED), ([IN_NODE], PASTED_OF_NODE)]
)
def test_a_pasted_trace_and_a_reported_one_have_one_fingerprint(
    values: list[object], pasted: str
) -> None:
    mark = traces.fingerprint_of(traces.from_sentry(values))

    assert mark.startswith("trace:")
    assert mark == fingerprint("It does not close", pasted)


def test_neither_lines_nor_values_change_the_fingerprint_but_the_place_does() -> None:
    moved = {**CLOSING, "value": "other", "stacktrace": {"frames": [
        {**frame, "lineno": frame["lineno"] + 100}
        for frame in CLOSING["stacktrace"]["frames"]
    ]}}  # fmt: skip
    elsewhere = {**CLOSING, "stacktrace": CAUSE["stacktrace"]}
    first, second, third = (
        traces.fingerprint_of(traces.from_sentry([one])) for one in (CLOSING, moved, elsewhere)
    )

    assert first == second != third


def test_the_build_in_a_bundles_name_does_not_change_the_fingerprint() -> None:
    marks = {
        traces.fingerprint_of(
            traces.from_sentry(
                [{"type": "TypeError", "stacktrace": {"frames": [
                    {"filename": f"https://shop.example/js/main.{build}.js", "function": "pay"}
                ]}}]
            )
        )
        for build in ("0a1b2c3d4e", "ffeeddccbb")
    }  # fmt: skip

    assert len(marks) == 1
    assert marks != {""}


def test_without_frames_there_is_no_fingerprint() -> None:
    assert traces.fingerprint_of(traces.from_sentry([{"type": "E", "value": "x"}])) == ""
    assert traces.fingerprint_of([]) == ""
