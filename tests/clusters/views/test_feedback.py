from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clusters.models import FeedbackImport, FeedbackItem, Project, Source
from credentials.models import User
from tests.factories import make_source


@pytest.fixture(autouse=True)
def group() -> Iterator[mock.Mock]:
    """No broker runs in these tests; what is asked of it is only noted."""
    with mock.patch("clusters.queue.group") as asked:
        yield asked


@pytest.fixture
def project(project: Project) -> Project:
    make_source(project, kind=Source.Kind.MANUAL, name="Written here")
    return project


def _file(text: str, name: str = "mail.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def _import(project: Project) -> str:
    return reverse("project_import", args=[project.pk])


def _new(project: Project) -> str:
    return reverse("feedback_new", args=[project.pk])


def test_a_file_leads_to_its_report(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    rows = "title,body,author\nTotal,The total is wrong,Dana\n,,Ravi\n"
    answer = client.post(_import(project), {"file": _file(rows), "kind": "email"}, follow=True)
    record = FeedbackImport.objects.get()
    assert answer.redirect_chain == [(reverse("import_report", args=[record.pk]), 302)]
    assert record.created == 1
    assert "Refused rows" in answer.content.decode()
    assert FeedbackItem.objects.get().source.kind == "email"


def test_a_file_of_another_kind_is_refused_in_the_form(
    client: Client, bob: User, project: Project
) -> None:
    client.force_login(bob)
    answer = client.post(_import(project), {"file": _file("x", "notes.docx"), "kind": "file"})
    assert answer.status_code == 200
    assert "notes.docx" in str(answer.context["form"].non_field_errors())


def test_an_import_needs_a_file(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    assert client.post(_import(project), {"kind": "file"}).context["form"].errors["file"]


def test_a_viewer_reads_but_does_not_import(client: Client, carol: User, project: Project) -> None:
    client.force_login(carol)
    page = client.get(_import(project))
    assert page.status_code == 200
    assert "Import file" not in page.content.decode()
    assert (
        client.post(_import(project), {"file": _file("title\nx\n"), "kind": "file"}).status_code
        == 403
    )
    assert not FeedbackItem.objects.exists()


def test_another_team_sees_neither_import_nor_report(
    client: Client, bob: User, mallory: User, project: Project
) -> None:
    client.force_login(bob)
    client.post(_import(project), {"file": _file("title\nx\n"), "kind": "file"})
    client.force_login(mallory)
    assert client.get(_import(project)).status_code == 404
    report = reverse("import_report", args=[FeedbackImport.objects.get().pk])
    assert client.get(report).status_code == 404


def test_a_report_is_written_down(
    client: Client, bob: User, project: Project, group: mock.Mock
) -> None:
    client.force_login(bob)
    answer = client.post(_new(project), {"title": "Total is wrong", "body": "By 2.50"})
    assert answer.status_code == 302
    item = FeedbackItem.objects.get()
    assert (item.title, item.author) == ("Total is wrong", "bob")
    group.assert_called_once_with(project.pk)


def test_the_same_report_counts_once(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    for _ in range(2):
        client.post(_new(project), {"title": "Total is wrong"})
    assert FeedbackItem.objects.count() == 1


def test_an_empty_report_is_refused(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    assert client.post(_new(project), {"title": " "}).context["form"].errors["title"]


def test_a_viewer_and_another_team_add_nothing(
    client: Client, carol: User, mallory: User, project: Project
) -> None:
    client.force_login(carol)
    assert client.post(_new(project), {"title": "x"}).status_code == 403
    client.force_login(mallory)
    assert client.post(_new(project), {"title": "x"}).status_code == 404
    assert not FeedbackItem.objects.exists()


def test_a_strangers_html_is_only_text(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    record = FeedbackImport.objects.create(
        project=project,
        source=make_source(project, name="other"),
        file_name="<img src=x>.csv",
        refused=[{"row": 1, "reason": "no text", "excerpt": "<script>alert(1)</script>"}],
        refused_count=1,
    )
    page = client.get(reverse("import_report", args=[record.pk])).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
