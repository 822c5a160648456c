"""The public form: open to everybody, closed to abuse, silent about the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as Away

from clusters.models import FeedbackItem, Project, Source, SourceDay
from clusters.services import sources
from credentials.models import User

FORM = "application/x-www-form-urlencoded"
WRITTEN = {
    "title": "Total is wrong",
    "body": "With two coupons.",
    "email": "dana@example.org",
    "page": "https://shop.example.org/basket",
}


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def source(bob: User, project: Project) -> Source:
    config = {"title": "Tell us", "intro": "We read <all> of it.", "origins": ["https://a.example"]}
    return sources.create(bob, project, kind="form", name="Secret name of ours", config=config)


@pytest.fixture
def stranger() -> Client:
    """Somebody whom nobody knows, whose browser sends no token against forged requests."""
    return Client(enforce_csrf_checks=True)


def at(source: Source, name: str = "form") -> str:
    return reverse(f"feedback_{name}", args=[source.public_key])


def today(source: Source) -> SourceDay:
    return SourceDay.objects.get(source=source)


def test_what_a_stranger_writes_becomes_a_report(stranger: Client, source: Source) -> None:
    answer = stranger.post(at(source), WRITTEN)
    assert (answer.status_code, answer["Location"]) == (303, at(source, "thanks"))
    item = FeedbackItem.objects.get()
    assert (item.source, item.title, item.body) == (source, "Total is wrong", "With two coupons.")
    assert (item.author, item.url) == ("dana@example.org", "https://shop.example.org/basket")
    assert today(source).created == 1
    assert "has arrived" in stranger.get(answer["Location"]).content.decode()


def test_a_line_is_enough_and_a_second_click_counts_once(stranger: Client, source: Source) -> None:
    for _ in range(2):
        assert stranger.post(at(source), {"title": "Total is wrong"}).status_code == 303
    assert FeedbackItem.objects.count() == 1


def test_personal_data_is_masked_where_that_is_wanted(
    stranger: Client, bob: User, source: Source
) -> None:
    sources.update(bob, source, masks_personal_data=True)
    stranger.post(at(source), {"title": "Call me: dana@example.org"})
    assert "dana@example.org" not in FeedbackItem.objects.get().title


def test_it_tells_nothing_but_what_the_team_has_written(stranger: Client, source: Source) -> None:
    page = stranger.get(at(source)).content.decode()
    assert "<h1>Tell us</h1>" in page
    assert "We read &lt;all&gt; of it." in page
    for secret in ("tillwork", "Secret name of ours", "Till", "bob", "Soulcaster"):
        assert secret not in page.replace("Tell us", "")


def test_it_needs_no_session_and_leaves_no_cookie(stranger: Client, source: Source) -> None:
    for answer in (stranger.get(at(source)), stranger.post(at(source), WRITTEN)):
        assert not answer.cookies


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("title", "x" * 301), ("body", "x" * 10_001), ("email", "no address")],
)
def test_what_cannot_be_used_is_said_and_kept_in_the_form(
    stranger: Client, source: Source, field: str, value: str
) -> None:
    answer = stranger.post(at(source), WRITTEN | {field: value})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Not sent yet" in page
    assert WRITTEN["page"] in page
    assert not FeedbackItem.objects.exists()


def test_what_is_written_back_is_only_text(stranger: Client, source: Source) -> None:
    answer = stranger.post(at(source), WRITTEN | {"title": "", "page": '"><script>alert(1)'})
    assert "<script>alert" not in answer.content.decode()
    page = stranger.get(at(source) + "?page=%22%3E%3Cscript%3Ealert(1)").content.decode()
    assert "<script>alert" not in page


def test_an_address_that_is_none_becomes_no_link(stranger: Client, source: Source) -> None:
    stranger.post(at(source), WRITTEN | {"page": "javascript:alert(1)"})
    assert FeedbackItem.objects.get().url == ""


def test_what_programs_fill_in_is_dropped_and_counted(stranger: Client, source: Source) -> None:
    answer = stranger.post(at(source), WRITTEN | {"website": "https://spam.example"})
    assert answer.status_code == 303  # it learns nothing
    assert not FeedbackItem.objects.exists()
    assert today(source).filtered == 1


def test_one_address_sends_a_few_in_a_minute(stranger: Client, source: Source) -> None:
    for number in range(5):
        assert stranger.post(at(source), {"title": f"{number}"}).status_code == 303
    answer = stranger.post(at(source), WRITTEN)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 60
    assert WRITTEN["body"] in answer.content.decode()
    assert (today(source).created, today(source).limited) == (5, 1)
    other = stranger.post(at(source), WRITTEN, REMOTE_ADDR="203.0.113.9")
    assert other.status_code == 303


def test_behind_a_proxy_its_word_counts_and_not_the_senders(
    stranger: Client, source: Source, settings: Any
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    statuses = [
        stranger.post(
            at(source), {"title": f"{n}"}, headers={"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.9"}
        ).status_code
        for n in range(6)
    ]
    assert statuses == [303] * 5 + [429]


def test_while_redis_is_away_it_still_takes_reports(stranger: Client, source: Source) -> None:
    with mock.patch("clusters.services.sources.forms.cache.add", side_effect=Away("no")):
        assert stranger.post(at(source), WRITTEN).status_code == 303


def test_too_much_is_refused_unread(stranger: Client, source: Source) -> None:
    body = urlencode(WRITTEN | {"body": "x" * 70_000})
    answer = stranger.post(at(source), body, content_type=FORM)
    assert answer.status_code == 413
    assert not FeedbackItem.objects.exists()


def test_a_paused_form_says_so_and_puts_no_button_anywhere(
    stranger: Client, bob: User, source: Source
) -> None:
    sources.update(bob, source, enabled=False)
    for answer in (stranger.get(at(source)), stranger.post(at(source), WRITTEN)):
        assert answer.status_code == 403
        assert "takes nothing at the moment" in answer.content.decode()
    assert stranger.get(at(source, "embed")).content == b""
    assert not FeedbackItem.objects.exists()


@pytest.mark.parametrize("name", ["form", "thanks", "embed"])
def test_no_other_source_has_a_form(
    stranger: Client, bob: User, project: Project, name: str
) -> None:
    other = sources.create(bob, project, kind="webhook", name="Desk", config={})
    assert stranger.get(at(other, name)).status_code == 404
    assert stranger.get(reverse(f"feedback_{name}", args=["0" * 32])).status_code == 404


def test_only_named_sites_may_frame_it(stranger: Client, bob: User, source: Source) -> None:
    for name in ("form", "thanks"):
        answer = stranger.get(at(source, name))
        assert "frame-ancestors https://a.example" in answer["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer
        assert "script-src 'self'" in answer["Content-Security-Policy"]
    sources.update(bob, source, config={})
    answer = stranger.get(at(source))
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_the_script_for_other_sites_holds_no_markup(
    stranger: Client, bob: User, source: Source
) -> None:
    sources.update(bob, source, config={"button": '</script>"; alert(1); "'})
    answer = stranger.get(at(source, "embed"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert '\\"; alert(1); \\"' in answer.content.decode()


def test_it_has_its_verbs(client: Client, stranger: Client, source: Source) -> None:
    for name in ("thanks", "embed"):
        assert client.post(at(source, name)).status_code == 405
        assert stranger.post(at(source, name)).status_code == 403  # only the form is exempt
    assert client.put(at(source)).status_code == 405


def test_one_sender_uses_up_no_more_than_is_theirs(
    stranger: Client, source: Source, settings: Any
) -> None:
    settings.SOURCE_PER_MINUTE = 10
    for number in range(40):
        stranger.post(at(source), {"title": f"{number}", "website": "x" if number % 2 else ""})
    assert stranger.post(at(source), WRITTEN, REMOTE_ADDR="203.0.113.9").status_code == 303
    assert today(source).created + today(source).filtered == 6


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("2001:db8::{}", 429),
        ("2001:db8:0:{}::1", 303),
        ("::ffff:203.0.113.{}", 303),
    ],
)
def test_of_an_address_that_its_owner_chooses_freely_the_given_part_counts(
    stranger: Client, source: Source, address: str, status: int
) -> None:
    for number in range(1, 7):
        answer = stranger.post(
            at(source), {"title": f"{number}"}, REMOTE_ADDR=address.format(number)
        )
    assert answer.status_code == status
