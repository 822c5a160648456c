from __future__ import annotations

import pytest

from clusters.models import FeedbackItem, Project, Source
from clusters.services import feedback
from credentials.errors import Forbidden, Invalid
from credentials.models import User
from tests import factories


@pytest.fixture
def project(project: Project) -> Project:
    factories.make_source(project, kind=Source.Kind.MANUAL, name="Written here")
    return project


def test_the_same_report_twice_is_one_item(alice: User, project: Project) -> None:
    first, created = feedback.add_item(alice, project, title="Total is wrong", body="By a cent.")
    again, created_again = feedback.add_item(
        alice, project, title="Total is wrong", body="By a cent."
    )
    assert (created, created_again) == (True, False)
    assert first.pk == again.pk


def test_an_empty_report_is_refused_with_a_sentence(alice: User, project: Project) -> None:
    with pytest.raises(Invalid, match="title"):
        feedback.add_item(alice, project, title=" ", body="")
    assert not FeedbackItem.objects.exists()


def test_a_report_of_a_megabyte_is_kept_in_part(alice: User, project: Project) -> None:
    item, _ = feedback.add_item(alice, project, title="Long", body="word " * 200_000)
    assert len(item.body) <= 100_000
    assert "cut" in item.body[-100:]


def test_a_viewer_adds_nothing(carol: User, project: Project) -> None:
    with pytest.raises(Forbidden):
        feedback.add_item(carol, project, title="Total is wrong")


def test_a_file_tells_what_it_refused_and_keeps_the_rest(alice: User, project: Project) -> None:
    data = b"external_id,title,body\n1,Total is wrong,By a cent\n2,,\n3,Export hangs,For ever\n"
    record = feedback.import_file(alice, project, name="mail.csv", data=data, kind="email")
    assert (record.created, record.refused_count) == (2, 1)
    assert record.refused[0]["reason"]


def test_a_file_twice_adds_nothing(alice: User, project: Project) -> None:
    data = b"external_id,title\n1,Total is wrong\n2,Export hangs\n"
    feedback.import_file(alice, project, name="mail.csv", data=data)
    record = feedback.import_file(alice, project, name="mail.csv", data=data)
    assert (record.created, record.duplicates) == (0, 2)


def test_a_wrong_header_says_what_is_needed(alice: User, project: Project) -> None:
    record = feedback.import_file(alice, project, name="mail.csv", data=b"colour,size\nred,4\n")
    assert (record.created, record.refused_count) == (0, 1)
    assert "colour" in record.refused[0]["reason"]


def test_an_unknown_format_is_refused(alice: User, project: Project) -> None:
    with pytest.raises(Invalid, match=r"csv|jsonl"):
        feedback.import_file(alice, project, name="mail.xlsx", data=b"PK")
