from __future__ import annotations

import json

from clusters.sources.api import BULK_LIMIT, ApiSource, parse_payload, single
from clusters.sources.base import IncomingReport, Refused
from clusters.sources.text import TextSource


def test_the_first_line_of_a_text_is_its_title() -> None:
    (report,) = TextSource().parse(b"\r\nTotal is wrong\r\n\r\nWith a coupon.\r\n")
    assert isinstance(report, IncomingReport)
    assert (report.title, report.body) == ("Total is wrong", "With a coupon.")


def test_an_empty_text_is_refused() -> None:
    (refused,) = TextSource().parse(b" \n\x00\n")
    assert isinstance(refused, Refused)


def test_an_object_an_array_and_reports_are_taken() -> None:
    one = {"title": "A", "external_id": 5, "metadata": {"version": "2"}}
    for payload in (one, [one], {"reports": [one]}):
        (report,) = ApiSource().parse(json.dumps(payload).encode())
        assert isinstance(report, IncomingReport)
        assert (report.external_id, report.metadata) == ("5", {"version": "2"})


def test_an_unknown_field_is_refused_by_name() -> None:
    refused = single({"title": "A", "desc": "B"}, row=3)
    assert isinstance(refused, Refused)
    assert refused.row == 3
    assert "`desc`" in refused.reason
    assert "body" in refused.reason


def test_a_wrong_type_is_refused_by_name() -> None:
    refused = single({"title": ["A"]})
    assert isinstance(refused, Refused)
    assert "`title`" in refused.reason


def test_one_bad_report_does_not_take_the_others_along() -> None:
    first, second = parse_payload([{"title": ""}, {"body": "B"}])
    assert isinstance(first, Refused)
    assert isinstance(second, IncomingReport)


def test_too_many_at_once_are_refused() -> None:
    (refused,) = parse_payload([{"title": "A"}] * (BULK_LIMIT + 1))
    assert isinstance(refused, Refused)
    assert "1,001" in refused.reason


def test_broken_json_is_refused() -> None:
    (refused,) = ApiSource().parse(b"{")
    assert isinstance(refused, Refused)
    assert "not valid JSON" in refused.reason
