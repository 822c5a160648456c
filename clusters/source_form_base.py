"""What the forms about sources of every kind have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from clusters.models import Source

MONO = {"class": "mono", "spellcheck": "false", "autocapitalize": "off"}


class SourceForm(forms.Form):
    """What every kind has: a name, its settings, and what is done with personal data."""

    settings: ClassVar[tuple[str, ...]] = ()  # the fields that go into `Source.config`
    lists: ClassVar[tuple[str, ...]] = ()  # of these, the lists that are typed as one text

    name = forms.CharField(
        max_length=200, help_text="How it is called here, in lists and as the origin of reports."
    )
    masks_personal_data = forms.BooleanField(
        label="Mask personal data",
        required=False,
        help_text="E-mail addresses, telephone and card numbers are replaced before anything is stored. It cannot be undone for what came in meanwhile.",
    )

    field_order = ("name",)

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        if source is not None:
            kwargs["initial"] = self._typed(source)
        super().__init__(*args, **kwargs)
        # Last, after those of the kind.
        self.order_fields(
            [*(n for n in self.fields if n != "masks_personal_data"), "masks_personal_data"]
        )

    def config(self) -> dict[str, Any]:
        """The settings as the service takes them."""
        return {name: self.cleaned_data[name] for name in self.settings}

    def _typed(self, source: Source) -> dict[str, Any]:
        """A source's settings as people would type them."""
        found = {name: source.config[name] for name in self.settings if name in source.config}
        listed = {name: ", ".join(found[name]) for name in self.lists if name in found}
        shown = found | listed
        return shown | {
            "name": source.name,
            "masks_personal_data": source.masks_personal_data,
        }
