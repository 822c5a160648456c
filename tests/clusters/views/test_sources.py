"""The pages about sources: who sees what, what is shown once, what a click does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clusters import wiring
from clusters.models import FeedbackItem, Intake, Project, Source, SourceDay
from clusters.services.sources import removal as source_removal
from clusters.services.sources.addresses import address_of
from clusters.services.sources.kinds import CONNECTABLE
from credentials.models import User
from tests import factories
from tests.clusters.views.source_pages import CONFIGS, at, connected, text_of


@pytest.fixture(autouse=True)
def request_sync() -> Iterator[mock.Mock]:
    with mock.patch("clusters.services.sources.syncing.request") as asked:
        yield asked


def test_the_list_leads_to_every_kind(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    page = text_of(client, reverse("sources", args=[project.pk]))
    for kind in CONNECTABLE:
        address = reverse("source_new", args=[project.pk, kind])
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
    assert reverse("feedback_new", args=[project.pk]) in page


def test_the_list_says_how_each_is_doing(client: Client, carol: User, project: Project) -> None:
    source = factories.make_source(project, name="Tickets", last_event_at=timezone.now())
    SourceDay.objects.create(source=source, day=timezone.now().date(), created=3, refused=2)
    factories.make_source(
        project, name="Mail", last_error="No such host.", last_error_at=timezone.now()
    )
    client.force_login(carol)
    page = text_of(client, reverse("sources", args=[project.pk]))
    for words in ("3 new", "2 refused", "Receiving", "No such host.", "5 in the last 14 days"):
        assert words in page


@pytest.mark.parametrize("kind", CONNECTABLE)
def test_a_kind_is_connected_by_its_page(
    client: Client, bob: User, project: Project, kind: str
) -> None:
    client.force_login(bob)
    fields = {"name": "Mine", "scheme": "timestamp", **CONFIGS.get(kind, {})}
    answer = client.post(reverse("source_new", args=[project.pk, kind]), fields, follow=True)
    source = Source.objects.get()
    assert (source.kind, source.name, source.connected_by) == (kind, "Mine", bob)
    page = answer.content.decode()
    assert "Mine is connected." in page
    assert address_of(source) in page


def test_a_secret_of_ours_is_seen_once(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    address = reverse("source_new", args=[project.pk, "webhook"])
    answer = client.post(address, {"name": "Mine", "scheme": "timestamp"})
    source = Source.objects.select_related("secret").get()
    secret = wiring.source_secret(source)
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in text_of(client, at(source))
    again = client.post(at(source, "secret")).content.decode()
    source.refresh_from_db()
    assert secret not in again
    assert wiring.source_secret(Source.objects.get(pk=source.pk)) in again


def test_a_secret_of_theirs_only_comes_in(client: Client, bob: User, project: Project) -> None:
    source = connected(bob, project, "sentry")
    client.force_login(bob)
    assert "Store the client secret" in text_of(client, at(source))
    for wrong in ("", "short"):
        assert client.post(at(source, "secret"), {"secret": wrong}).status_code == 200
    answer = client.post(at(source, "secret"), {"secret": "the client secret"}, follow=True)
    assert "the client secret" not in answer.content.decode()
    assert wiring.source_secret(Source.objects.get(pk=source.pk)) == "the client secret"


def test_a_secret_that_is_possible_is_stored_too(
    client: Client, bob: User, project: Project
) -> None:
    source = connected(bob, project, "reddit")
    client.force_login(bob)
    client.post(at(source, "secret"), {"secret": "some-id:some-secret"})
    assert wiring.source_secret(Source.objects.get(pk=source.pk)) == "some-id:some-secret"
    assert client.get(at(connected(bob, project, "form"), "secret")).status_code == 404


def test_all_reports_of_a_source_are_listed(
    client: Client, carol: User, mallory: User, project: Project
) -> None:
    source = factories.make_source(project)
    cluster = factories.make_cluster(project)
    for number in range(31):
        factories.make_item(source, title=f"Report {number}", cluster=cluster)
    factories.make_item(factories.make_source(project, name="other"), title="Not this one")
    client.force_login(carol)
    first = text_of(client, at(source, "reports"))
    assert "Report 30<" in first
    assert "Report 0<" not in first
    assert "Not this one" not in first
    assert f"{reverse('cluster', args=[cluster.pk])}?report=" in first
    assert "Report 0<" in text_of(client, at(source, "reports") + "?page=2")
    client.force_login(mallory)
    assert client.get(at(source, "reports")).status_code == 404


def test_what_is_refused_is_said_at_its_field(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    address = reverse("source_new", args=[project.pk, "form"])
    answer = client.post(address, {"name": "Form", "origins": "example.org", "title": "Mine"})
    assert "write it like https://example.org" in str(answer.context["form"].errors["origins"])
    assert 'value="Mine"' in answer.content.decode()
    assert not Source.objects.exists()


def test_settings_are_shown_as_they_were_typed(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    fields = {
        "name": "Desk",
        "scheme": "github",
        "map_title": "data.subject",
        "map_body": "a | b",
        "extra": "plan = customer.plan\n",
    }
    client.post(reverse("source_new", args=[project.pk, "webhook"]), fields)
    source = Source.objects.get()
    assert source.config == {
        "scheme": "github",
        "mapping": {"title": "data.subject", "body": "a | b"},
        "extra": {"plan": "customer.plan"},
    }
    shown = client.get(at(source, "edit")).context["form"].initial
    assert shown["map_body"] == "a | b"
    assert shown["extra"] == "plan = customer.plan"
    client.post(at(source, "edit"), fields | {"name": "Tickets", "map_body": ""})
    source.refresh_from_db()
    assert (source.name, source.config["mapping"]) == ("Tickets", {"title": "data.subject"})


@pytest.mark.parametrize("htmx", [True, False])
def test_a_mapping_is_tried_on_a_message_and_nothing_is_stored(
    client: Client, bob: User, project: Project, htmx: bool
) -> None:
    client.force_login(bob)
    sample = json.dumps({"data": {"subject": "<b>Total</b> is wrong"}})
    answer = client.post(
        reverse("source_new", args=[project.pk, "webhook"]),
        {"map_title": "data.subject", "preview": "1", "sample": sample, "scheme": "timestamp"},
        headers={"HX-Request": "true"} if htmx else {},
    )
    page = answer.content.decode()
    assert "&lt;b&gt;Total&lt;/b&gt; is wrong" in page
    assert ("<html" in page) is not htmx
    assert not Source.objects.exists()
    assert not FeedbackItem.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"map_title": "data[", "sample": "{}"}, "is no path"),
        ({"map_title": "a", "sample": "no json"}, "What was sent is not JSON"),
        ({"map_author": "a", "sample": "{}"}, "Say where the title or the body is"),
        ({"map_title": "a", "sample": ""}, "Paste a message above"),
    ],
)
def test_a_mapping_that_does_not_fit_says_why(
    client: Client, bob: User, project: Project, fields: dict[str, str], said: str
) -> None:
    client.force_login(bob)
    address = reverse("source_new", args=[project.pk, "webhook"])
    page = client.post(address, fields | {"preview": "1", "scheme": "timestamp"})
    assert said in page.content.decode()


def test_pause_resume_sync_and_remove(
    client: Client, bob: User, project: Project, request_sync: mock.Mock
) -> None:
    source = connected(bob, project, "reddit")
    client.force_login(bob)
    for action, enabled in (("pause", False), ("resume", True)):
        answer = client.post(at(source, action))
        assert answer["Location"] == at(source)
        source.refresh_from_db()
        assert source.enabled is enabled
    asked = request_sync.call_count
    client.post(at(source, "sync"))
    assert request_sync.call_count == asked + 1
    answer = client.post(at(source, "remove"), follow=True)
    assert "Help desk was removed. Its reports stay." in answer.content.decode()
    assert client.get(at(source)).status_code == 404


def test_reports_are_deleted_only_where_that_is_chosen(
    client: Client, bob: User, project: Project
) -> None:
    client.force_login(bob)
    for choice, left in (({}, 1), ({"items": "keep"}, 2), ({"items": "delete"}, 2)):
        source = connected(bob, project)
        factories.make_item(source)
        client.post(at(source, "remove"), choice)
        source_removal.finish(source.pk)
        assert FeedbackItem.objects.count() == left


def test_the_test_button_tells_and_stores_nothing(
    client: Client, bob: User, project: Project
) -> None:
    source = connected(bob, project)
    client.force_login(bob)
    page = client.post(at(source, "test")).content.decode()
    assert "The test went well." in page
    assert not Intake.objects.exists()


def test_messages_say_what_became_of_them(client: Client, carol: User, project: Project) -> None:
    source = factories.make_source(project, kind="webhook", public_key="k")
    Intake.objects.create(source=source, body=b"x", state="refused", result="No <b>title</b>.")
    client.force_login(carol)
    page = text_of(client, at(source))
    assert "No &lt;b&gt;title&lt;/b&gt;." in page
    assert "Refused" in page


def test_a_page_that_polls_gets_only_what_changed(
    client: Client, carol: User, project: Project
) -> None:
    source = factories.make_source(project, kind="webhook", public_key="k")
    client.force_login(carol)
    seen = re.search(r"seen=([0-9a-f]+)", text_of(client, at(source)))
    assert seen
    address = at(source, "state") + f"?seen={seen[1]}"
    assert client.get(address).status_code == 204
    Source.objects.filter(pk=source.pk).update(last_event_at=timezone.now())
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("kind", ["file", "manual", "api", "nothing"])
def test_a_kind_that_nobody_connects_has_no_page(
    client: Client, bob: User, project: Project, kind: str
) -> None:
    client.force_login(bob)
    assert client.get(reverse("source_new", args=[project.pk, kind])).status_code == 404


@pytest.mark.parametrize("kind", ["file", "email", "sentry", "github"])
def test_a_source_that_a_file_made_is_not_taken_for_connected(
    client: Client, bob: User, project: Project, kind: str
) -> None:
    source = factories.make_source(project, kind=kind, name="old.csv")
    client.force_login(bob)
    page = text_of(client, at(source))
    assert "import a file" in page
    assert "Secret missing" not in page
    answer = client.post(at(source, "edit"), {"name": "Old mails", "masks_personal_data": "on"})
    assert answer.status_code == 302
    source.refresh_from_db()
    assert (source.name, source.masks_personal_data, source.config) == ("Old mails", True, {})
