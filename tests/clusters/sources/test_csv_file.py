from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clusters.sources.base import BODY_LIMIT, FILE_LIMIT, IncomingReport, Parsed, Refused
from clusters.sources.csv_file import CsvSource


def parse(payload: str | bytes) -> list[Parsed]:
    data = payload.encode() if isinstance(payload, str) else payload
    return list(CsvSource().parse(data))


def only(payload: str | bytes) -> IncomingReport:
    (report,) = parse(payload)
    assert isinstance(report, IncomingReport), report
    return report


def refusal(payload: str | bytes) -> Refused:
    (refused,) = parse(payload)
    assert isinstance(refused, Refused), refused
    return refused


def test_columns_in_any_order_and_under_other_names() -> None:
    report = only(
        "Reporter,Created At,Description,Subject,Link,Key,Source\n"
        "ann,2024-05-01T10:00:00+02:00,Total is wrong,Cart,https://x.example/1,T-1,Sentry\n"
    )
    assert report == IncomingReport(
        external_id="T-1",
        title="Cart",
        body="Total is wrong",
        author="ann",
        url="https://x.example/1",
        occurred_at=datetime(2024, 5, 1, 8, 0, tzinfo=UTC),
        metadata={"source": "sentry"},
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(separator: str) -> None:
    report = only(f"id{separator}title{separator}body\n1{separator}Cart{separator}Wrong\n")
    assert (report.title, report.body) == ("Cart", "Wrong")


def test_a_wrong_header_is_one_refusal_that_names_found_and_needed_columns() -> None:
    refused = refusal("colour,size\nred,4\nblue,5\n")
    assert refused.row == 1
    assert "colour, size" in refused.reason
    assert "title" in refused.reason
    assert "body" in refused.reason


@pytest.mark.parametrize("payload", ["", "\n\n", "\ufeff"])
def test_a_file_without_a_header_is_refused(payload: str) -> None:
    assert "no header row" in refusal(payload).reason


def test_a_report_without_text_is_refused_and_the_others_are_kept() -> None:
    first, second = parse("id,title,body\n1,,\n2,Cart,Wrong\n")
    assert isinstance(first, Refused)
    assert (first.row, first.reason) == (
        2,
        "The report has no title and no body, so there is nothing to work with.",
    )
    assert isinstance(second, IncomingReport)


def test_a_title_is_taken_from_the_body_where_there_is_none() -> None:
    assert only('body\n"First line\nsecond"\n').title == "First line"


def test_a_report_of_one_megabyte_is_kept_in_part_with_a_mark() -> None:
    report = only("title,body\nBig," + "x" * 1_000_000 + "\n")
    assert len(report.body) <= BODY_LIMIT
    left_out = 1_000_000 - report.body.count("x", 0, BODY_LIMIT - 60)
    assert report.body.endswith(f"[cut: {left_out} characters left out]")
    assert str(left_out) in report.metadata["cut"]


def test_a_long_title_is_shortened_and_kept_in_full_in_the_body() -> None:
    report = only(f"title,body\n{'word ' * 100},Rest\n")
    assert len(report.title) <= 300
    assert report.body == f"{('word ' * 100).strip()}\n\nRest"


def test_a_file_beyond_the_limit_is_refused_as_a_whole() -> None:
    refused = refusal(b"title\n" + b"x" * FILE_LIMIT)
    assert "at most 20 MB" in refused.reason


def test_rows_beyond_the_limit_are_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clusters.sources.csv_file.ROW_LIMIT", 2)
    *kept, last = parse("title\na\nb\nc\nd\n")
    assert len(kept) == 2
    assert isinstance(last, Refused)
    assert last.row == 4


def test_latin_1_is_read_with_a_note() -> None:
    report = only("title,body\nCafé,“crème” 5 €\n".encode("cp1252"))
    assert (report.title, report.body) == ("Café", "“crème” 5 €")
    assert "Latin-1" in report.metadata["encoding"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_files_are_read_without_a_note(encoding: str) -> None:
    report = only("title,body\nCafé,Größe\n".encode(encoding))
    assert (report.title, report.body, report.metadata) == ("Café", "Größe", {})


def test_a_repeated_id_is_refused_and_names_the_first_row() -> None:
    first, second = parse("id,title\n7,One\n7,Two\n")
    assert isinstance(first, IncomingReport)
    assert isinstance(second, Refused)
    assert "Row 2" in second.reason


def test_the_same_id_of_two_sources_is_two_reports() -> None:
    reports = parse("id,title,source\n7,One,github\n7,Two,sentry\n")
    assert [type(report) for report in reports] == [IncomingReport, IncomingReport]


def test_reports_without_an_id_get_the_same_one_every_time() -> None:
    payload = "title,body\nCart,Wrong\nLogin,Slow\n"
    ids = [report.external_id for report in parse(payload) if isinstance(report, IncomingReport)]
    again = [report.external_id for report in parse(payload) if isinstance(report, IncomingReport)]
    assert ids == again
    assert len(set(ids)) == 2


def test_a_date_that_cannot_be_read_is_kept_as_text() -> None:
    report = only("title,date\nCart,last Tuesday\n")
    assert report.occurred_at is None
    assert report.metadata["date_text"] == "last Tuesday"


def test_a_script_address_never_becomes_a_link() -> None:
    report = only("title,url\nCart,javascript:alert(1)\n")
    assert report.url == ""
    assert report.metadata["url_text"] == "javascript:alert(1)"


def test_other_columns_are_kept_as_metadata() -> None:
    assert only("title,App Version\nCart,2.1\n").metadata == {"app_version": "2.1"}


def test_a_row_with_more_values_than_columns_is_refused() -> None:
    refused = refusal("title,body\nCart,wrong, always\n")
    assert refused.row == 2
    assert "3 values" in refused.reason
    assert refused.excerpt == "Cart, wrong, always"


def test_nul_and_hidden_characters_are_removed() -> None:
    report = only("title,body\nCa\x00rt\u200b,a\u202eb\x07\r\n")
    assert (report.title, report.body) == ("Cart", "ab")
