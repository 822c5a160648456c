"""The form about a generic webhook: where in a stranger's JSON the fields of a report are."""

from __future__ import annotations

from typing import Any

from django import forms

from clusters.models import Source
from clusters.source_form_base import MONO, SourceForm

# Field of a report -> its name for people, and what a path to it may look like.
_PATHS = {
    "title": ("Title", "data.subject"),
    "body": ("Text", "data.description | data.comment"),
    "author": ("Who reported it", "data.requester.email"),
    "external_id": ("Id", "data.id"),
    "url": ("Link", "data.url"),
    "occurred_at": ("When it was said", "data.created_at"),
    "revised_at": ("When it was changed", "data.updated_at"),
    "items": ("List of reports, if one message has several", "data.items"),
}


class WebhookForm(SourceForm):
    """Where in a message the fields of a report are."""

    settings = ("scheme",)

    scheme = forms.ChoiceField(
        label="How the sender signs",
        choices=[
            ("timestamp", "X-Soulcaster-Signature, with the time (a message cannot be repeated)"),
            ("github", "X-Hub-Signature-256, as GitHub signs its webhooks"),
        ],
        help_text="Both are understood; this chooses the example that is shown.",
    )
    extra = forms.CharField(
        label="Kept beside the report",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs=MONO | {"rows": 3, "placeholder": "plan = customer.plan"}),
        help_text="One line each: a name, =, and where it is.",
    )

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, source=source, **kwargs)
        for name, (label, example) in _PATHS.items():
            self.fields[f"map_{name}"] = forms.CharField(
                label=label,
                required=False,
                max_length=300,
                widget=forms.TextInput(attrs=MONO | {"placeholder": example}),
            )

    @property
    def paths(self) -> list[forms.BoundField]:
        """The fields that say where something is."""
        return [self[f"map_{name}"] for name in _PATHS]

    @property
    def rest(self) -> list[forms.BoundField]:
        """All other fields."""
        return [field for field in self if not field.name.startswith("map_")]

    def clean_extra(self) -> dict[str, str]:
        """Names with their paths."""
        found: dict[str, str] = {}
        for line in self.cleaned_data["extra"].splitlines():
            name, sign, path = (part.strip() for part in line.partition("="))
            if line.strip() and not (name and sign and path):
                raise forms.ValidationError(f"“{line[:60]}” is no name, = and a path.")
            if name:
                found[name] = path
        return found

    def config(self) -> dict[str, Any]:
        """The mapping and the rest."""
        mapping = {name: self.cleaned_data.get(f"map_{name}", "") for name in _PATHS}
        return super().config() | {
            "mapping": {name: path for name, path in mapping.items() if path},
            "extra": self.cleaned_data.get("extra") or {},
        }

    def _typed(self, source: Source) -> dict[str, Any]:
        mapping = source.config.get("mapping") or {}
        extra = (source.config.get("extra") or {}).items()
        paths = {f"map_{name}": path for name, path in mapping.items()}
        lines = "\n".join(f"{name} = {path}" for name, path in extra)
        return super()._typed(source) | paths | {"extra": lines}
