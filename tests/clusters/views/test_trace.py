"""The frames of an exception, as people read them on the evidence page."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from clusters.models import Cluster, Project, Source
from clusters.sources import traces
from credentials.models import User
from tests.factories import make_item, make_source

LIBRARY = {"filename": "web/handlers.py", "function": "get_response", "lineno": 42, "in_app": False}
OWN = {"filename": "till/day.py", "function": "close_day", "lineno": 3, "in_app": True,
       "pre_context": ["def close_day(day):", "    total = day.total"],
       "context_line": "    check(total)", "post_context": ["", "    return total"]}  # fmt: skip
INNERMOST = {"filename": "till/checks.py", "function": "check", "lineno": 9, "in_app": True}


def page(*values: dict[str, Any]) -> str:
    return render_to_string("clusters/_trace.html", {"trace": traces.from_sentry(list(values))})


def error(*frames: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "ValueError", "value": "no", "stacktrace": {"frames": list(frames)}, **more}


def test_the_innermost_frame_comes_first() -> None:
    text = page(error(LIBRARY, OWN, INNERMOST))

    assert text.index("till/checks.py") < text.index("till/day.py") < text.index("handlers.py")


def test_the_line_where_it_happened_is_marked_and_numbered() -> None:
    text = page(error(OWN))

    assert '<ol start="1">' in text
    assert '<li class="here" aria-current="true">    check(total)</li>' in text
    assert text.count('class="here"') == 1


def test_frames_of_libraries_are_folded_and_those_of_the_program_open() -> None:
    text = page(error(LIBRARY, LIBRARY, OWN))
    own, library = text.split("2 frames of libraries")

    assert "<details open>" in own
    assert "<details open>" not in library
    assert library.count("get_response") == 2


def test_where_there_are_only_libraries_they_are_open() -> None:
    assert "<details open>" in page(error(LIBRARY))


def test_a_cause_follows_what_it_led_to() -> None:
    cause = error(OWN, type="KeyError", value="drawer")
    text = page(cause, error(INNERMOST))

    assert text.index("ValueError") < text.index("caused by") < text.index("KeyError")


def test_what_is_missing_is_said() -> None:
    frames = [{**INNERMOST, "lineno": number} for number in range(1, 200)]

    assert "149 more frames were left out" in page(error(*frames))


def test_nothing_of_a_frame_is_markup() -> None:
    evil = "<script>alert(1)</script>"
    frame = {**OWN, "filename": evil, "function": evil, "context_line": evil}
    text = page(error(frame, type=evil, value=evil, mechanism={"type": evil}))

    assert "<script>" not in text
    assert text.count("&lt;script&gt;") >= 5


@pytest.mark.django_db
def test_the_evidence_of_a_cluster_shows_them(
    client: Client, alice: User, project: Project, cluster: Cluster
) -> None:
    source = make_source(project, kind=Source.Kind.SDK, name="Till")
    make_item(source, cluster=cluster, trace=traces.from_sentry([error(OWN, INNERMOST)]))
    client.force_login(alice)
    text = client.get(reverse("cluster", args=[cluster.pk])).content.decode()

    assert 'aria-label="Stack trace"' in text
    assert "till/day.py" in text
