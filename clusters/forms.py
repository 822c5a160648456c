"""Forms about projects and feedback. They check shapes; the services check rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from clusters.models import Cluster, Source
from clusters.sources.base import BODY_LIMIT, FILE_LIMIT
from credentials.models import Team


class ConnectForm(forms.Form):
    """A repository to connect."""

    name = forms.CharField(label="Project name", max_length=200)
    repository = forms.CharField(
        label="Path of the repository",
        max_length=1000,
        help_text="An absolute path on the server, for example /srv/git/shop. Work happens in a copy: nothing in this folder is changed.",
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"] = forms.ModelChoiceField(teams, empty_label=None)


class ChooseForm(forms.Form):
    """A repository on GitHub that was chosen from the list."""

    repository = forms.CharField(max_length=200)

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"] = forms.ModelChoiceField(teams, empty_label=None)


class ImportForm(forms.Form):
    """A file of reports."""

    file = forms.FileField(
        help_text="CSV with a header line, or JSON lines. A column for the text is enough; title, author, date, url and id are read when they are there. At most 20 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.jsonl,.ndjson"}),
    )
    kind = forms.ChoiceField(
        label="These reports come from", choices=Source.Kind.choices, initial=Source.Kind.FILE
    )

    def clean_file(self) -> Any:
        """Too large a file is refused before it is read."""
        file = self.cleaned_data["file"]
        if file.size > FILE_LIMIT:
            raise forms.ValidationError(
                "This file is larger than 20 MB: split it and import the parts."
            )
        return file


class FeedbackForm(forms.Form):
    """One report, written by hand."""

    title = forms.CharField(max_length=300, help_text="What hurts, in a line.")
    body = forms.CharField(
        label="What the person said",
        required=False,
        max_length=BODY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Their own words are the best evidence: steps, numbers, error messages.",
    )
    author = forms.CharField(
        label="Who reported it", required=False, max_length=200, help_text="Empty: you."
    )
    url = forms.URLField(
        label="Link",
        required=False,
        max_length=1000,
        assume_scheme="https",
        help_text="Where it was said.",
    )


class ClusterForm(forms.ModelForm[Cluster]):
    """A person's own words for a cluster."""

    class Meta:
        model = Cluster
        fields = ("title", "summary")
        widgets = {"summary": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"title": "Later reports will not change it any more."}


class DismissForm(forms.Form):
    """Why a cluster is not worth work."""

    reason = forms.CharField(required=False, max_length=2000)
