"""Fields of the settings that are lists, and how people write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice, zip_longest
from typing import Any

from django import forms

MOST_ROWS = 200
PHASES = (("setup", "Set-up"), ("agent", "Agent"))


class NamesField(forms.CharField):
    """A list of names, written with commas."""

    def prepare_value(self, value: Any) -> Any:
        """The list as one line."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The line as a list, each name once."""
        parts = (part.strip() for part in str(value or "").split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the names are others."""
        return bool(self.to_python(data) != (initial or []))


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        attributes = {"rows": rows, "class": "mono", "spellcheck": "false"}
        super().__init__(
            required=False, max_length=60_000, widget=forms.Textarea(attributes), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        """The list as lines."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines as a list, without empty ones."""
        lines = (line.strip() for line in str(value or "").splitlines())
        return [line for line in lines if line]

    def run_validators(self, value: Any) -> None:
        """Lengths are the service's rule, for each line."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list is another one."""
        return bool(self.to_python(data) != (initial or []))


class JsonListField(forms.JSONField):
    """A list of objects, written as JSON."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"rows": 4, "class": "mono", "spellcheck": "false"}
        super().__init__(required=False, widget=forms.Textarea(attributes), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Indented; what a person wrote stays as it is."""
        if isinstance(value, str) or not value:
            return value or ""
        return json.dumps(value, indent=2, ensure_ascii=False)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """As it was sent: decoding it is for `to_python`, which says what is wrong."""
        return initial if self.disabled else data

    def to_python(self, value: Any) -> Any:
        """The decoded list; nothing is an empty one."""
        if value in self.empty_values:
            return []
        try:
            return super().to_python(value)
        except RecursionError:
            raise forms.ValidationError("This JSON is nested too deeply.") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether it is another list; what is no JSON is another one."""
        try:
            return bool(self.to_python(data) != (initial or []))
        except forms.ValidationError:
            return True


class HostsInput(forms.Widget):
    """Rows of a host, a phase and a port. The page draws them: see `_host_rows.html`."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """The rows as they were sent; those without a host are empty ones."""
        columns = [_sent(data, f"{name}-{part}") for part in ("host", "phase", "port")]
        rows = islice(zip_longest(*columns, fillvalue=""), MOST_ROWS)
        return [{"host": host, "phase": phase, "port": port} for host, phase, port in rows if host]


class HostsField(forms.Field):
    """The hosts that a project allows."""

    widget = HostsInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        """As it is kept; raises ValidationError for a port that is none."""
        return [{**row, "port": _port(row["host"], row["port"])} for row in value or []]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether there are other hosts."""
        try:
            return bool(self.to_python(data) != (initial or []))
        except forms.ValidationError:
            return True


def _sent(data: Mapping[str, Any], name: str) -> list[str]:
    values = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
    return [str(value).strip() for value in values]


def _port(host: str, text: object) -> int | None:
    text = str(text or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 5:
        return int(text)
    raise forms.ValidationError(f"{host[:80]}: a port is a number, or left out for 80 and 443.")
