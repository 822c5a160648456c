"""Reports that a program sends to the API: strict names, the same limits as everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clusters.sources.base import METADATA_KEYS_LIMIT, Parsed, Refused
from clusters.sources.build import RawReport, build_report, once_each, refuse
from clusters.sources.decoding import decode, too_large
from clusters.sources.fields import as_text
from clusters.sources.json_lines import load_json

BULK_LIMIT = 1_000


class ReportPayload(BaseModel):
    """What one report may contain. Unknown fields are refused, so that typing errors are seen."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    title: str = ""
    body: str = ""
    author: str = ""
    external_id: str = ""
    url: str = ""
    occurred_at: str = Field(default="", description="ISO 8601; without a zone taken as UTC")
    source: str = ""
    metadata: dict[str, str] = Field(default_factory=dict, max_length=METADATA_KEYS_LIMIT)


class ApiSource:
    """One report as a JSON object, or up to 1,000 as an array or under `reports`."""

    kind = "api"
    label = "API"

    def parse(self, payload: bytes) -> Iterator[Parsed]:
        """The reports of a request's body."""
        large = too_large(payload)
        if large:
            yield large
            return
        text, _ = decode(payload)
        try:
            data = load_json(text)
        except ValueError as error:
            yield refuse(1, f"The request's body is not valid JSON: {error}.", text)
            return
        yield from parse_payload(data)


def parse_payload(data: object) -> Iterator[Parsed]:
    """The reports of decoded JSON: an object, an array, or `{"reports": [...]}`."""
    if isinstance(data, Mapping) and set(data) == {"reports"}:
        data = data["reports"]
    if not isinstance(data, list):
        yield single(data)
        return
    if len(data) > BULK_LIMIT:
        yield Refused(1, f"At most {BULK_LIMIT:,} reports are taken at once; {len(data):,} came.")
        return
    yield from once_each((row, single(one, row)) for row, one in enumerate(data, start=1))


def single(data: object, row: int = 1) -> Parsed:
    """One decoded JSON object as a report, or why it was refused."""
    if not isinstance(data, Mapping):
        return refuse(row, "A report has to be a JSON object with named fields.", as_text(data))
    try:
        report = ReportPayload.model_validate({k: v for k, v in data.items() if v is not None})
    except ValidationError as error:
        return refuse(row, _sentence(error), as_text(data))
    fields = report.model_dump(exclude={"metadata"})
    return build_report(row, RawReport(**fields, extra=report.metadata))


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:100] or "report"
    if first["type"] == "extra_forbidden":
        known = ", ".join(ReportPayload.model_fields)
        return f"The field `{where}` is not known. Known are: {known}."
    return f"The field `{where}` is not right: {first['msg']}."
