"""The Test button: the same way as a real message, and nothing stored."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from clusters.models import FeedbackItem, Intake, Project, Source, SourceDay
from clusters.services import sources
from clusters.services.sources.samples import sample_of, webhook_message
from clusters.sources.base import IncomingReport, SourceError
from clusters.sources.registry import pushes
from credentials.errors import Invalid
from credentials.models import User

SECRET = "a secret of this test"
MAPPED = {
    "mapping": {
        "items": "data.tickets[0].list",
        "title": "subject | title",
        "body": 'comments[1]["plain.text"]',
        "author": "requester.email",
    },
    "extra": {"plan": "requester.plan"},
}


def connected(user: User, project: Project, kind: str, config: dict[str, Any]) -> Source:
    source = sources.create(user, project, kind=kind, name=kind, config=config, secret=SECRET)
    return Source.objects.select_related("project__team", "secret").get(pk=source.pk)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("webhook", {}),
        ("webhook", MAPPED),
        ("webhook", {"scheme": "github"}),
        ("sentry", {}),
        ("sentry", {"environments": ["staging"], "levels": ["fatal"], "projects": ["till"]}),
        ("slack", {"channels": ["C0123456789"]}),
        ("sdk", {"environments": ["staging"], "levels": ["warning"]}),
    ],
)
def test_a_sample_passes_whatever_is_set(
    bob: User, project: Project, kind: str, config: dict[str, Any]
) -> None:
    source = connected(bob, project, kind, config)
    result = sources.test(bob, source)
    assert result.ok, result.text
    assert "the total is wrong with two coupons" in result.text
    assert "Nothing real has arrived so far" in result.text
    for model in (FeedbackItem, Intake, SourceDay):
        assert not model.objects.exists()


def test_it_says_that_real_messages_came_and_that_it_is_paused(bob: User, project: Project) -> None:
    source = connected(bob, project, "webhook", {})
    source.last_event_at, source.enabled = timezone.now(), False
    text = sources.test(bob, source).text
    assert "Real messages have arrived, too" in text
    assert "paused" in text


def test_it_shows_what_masking_leaves(bob: User, project: Project) -> None:
    source = connected(bob, project, "webhook", {})
    assert "dana@example.org" in sources.test(bob, source).text
    source.masks_personal_data = True
    text = sources.test(bob, source).text
    assert "[email" in text
    assert "dana@example.org" not in text


def test_without_the_secret_it_says_so(bob: User, project: Project) -> None:
    source = sources.create(bob, project, kind="sentry", name="Sentry", config={})
    result = sources.test(bob, source)
    assert (result.ok, result.code) == (False, "secret_missing")


def test_settings_that_find_nothing_are_told(bob: User, project: Project) -> None:
    source = connected(bob, project, "webhook", {})
    source.config = {"mapping": {"items": "data[", "title": "a"}}
    result = sources.test(bob, source)
    assert not result.ok
    assert "would not be stored" in result.text


def test_a_form_is_opened_and_not_tested(bob: User, project: Project) -> None:
    with pytest.raises(Invalid):
        sources.test(bob, connected(bob, project, "form", {}))


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_asked_is_asked_once(bob: User, project: Project, fails: bool) -> None:
    with mock.patch("clusters.services.sources.syncing.request"):
        source = connected(bob, project, "reddit", {"subreddit": "selfhosted"})
    asked = mock.Mock(spec=["look"])
    asked.look.return_value = "r/selfhosted can be read."
    if fails:
        asked.look.side_effect = SourceError("rate_limited", "Reddit wants a pause.")
    with mock.patch("clusters.services.sources.asking.pull_source", return_value=asked):
        result = sources.test(bob, source)
    assert result.ok is not fails
    said = "r/selfhosted can be read.\nNo report has come from it so far."
    assert result.text == ("Reddit wants a pause." if fails else said)
    asked.look.assert_called_once()


def test_a_sample_with_another_secret_is_not_taken() -> None:
    now = timezone.now()
    for kind in ("webhook", "sentry", "slack"):
        sample = sample_of(kind, {}, "another secret", now)
        assert sample is not None
        with pytest.raises(Exception, match="fit"):
            pushes()[kind].verify(sample, SECRET, now)


def test_the_example_message_has_what_the_mapping_asks_for() -> None:
    message = webhook_message(MAPPED, timezone.now())
    report = message["data"]["tickets"][0]["list"][0]
    assert report["comments"][1]["plain.text"]
    assert report["requester"].keys() == {"email", "plan"}
    read = list(pushes()["webhook"].read({}, json.dumps(message).encode(), MAPPED))
    assert isinstance(read[0], IncomingReport)
    assert read[0].metadata["plan"] == "a value of plan"


@pytest.mark.parametrize(
    "mapping",
    [
        {"title": "a[0].b", "body": "a[0][1]"},
        {"title": "[0].x"},
        {"title": "a", "body": "a.b.c", "author": "a[2]"},
        {"items": "a[0]", "title": "a", "url": "[-1]"},
    ],
)
def test_paths_that_contradict_each_other_make_a_message_all_the_same(
    mapping: dict[str, str],
) -> None:
    assert isinstance(webhook_message({"mapping": mapping}, timezone.now()), dict)


def test_a_list_of_lists_of_reports_has_a_sample(bob: User, project: Project) -> None:
    config = {"mapping": {"items": "[0].rows", "title": "t"}}
    assert sources.test(bob, connected(bob, project, "webhook", config)).ok
