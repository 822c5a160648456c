"""Forms about projects and feedback. They check shapes; the services check rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from clusters.models import Cluster, Project, Source
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


class SettingsForm(forms.ModelForm[Project]):
    """How a project is worked on."""

    labels = NamesField(
        required=False, help_text="Put on every pull request, with commas between them."
    )
    reviewers = NamesField(
        required=False,
        help_text="Asked for a review when a fix is proven: logins, and teams as organisation/team, with commas between them.",
    )

    # With its limits, or the database's constraint would be quoted by its name.
    rounds = forms.IntegerField(
        label="Attempts",
        min_value=1,
        max_value=10,
        help_text="How often the agent may try until the tests prove the fix.",
    )

    class Meta:
        model = Project
        fields = (
            "name",
            "base_branch",
            "branch_prefix",
            "labels",
            "reviewers",
            "requires_approval",
            "runner",
            "instructions",
            "setup_command",
            "setup_network",
            "test_command",
            "rounds",
            "time_limit_seconds",
            "test_limit_seconds",
            "allow_unisolated",
        )
        labels = {
            "requires_approval": "A person approves each plan before work begins",
            "setup_network": "During set-up, the sandbox may reach",
            "time_limit_seconds": "Time limit of a job, seconds",
            "test_limit_seconds": "Time limit of the tests, seconds",
            "allow_unisolated": "Allow runs without isolation",
        }
        help_texts = {
            "base_branch": "Fixes go here. Empty: the repository's default branch.",
            "branch_prefix": "Branches of fixes begin with this.",
            "runner": "Which agent works in which sandbox, for example local_builtin. Empty: the platform's default.",
            "instructions": "Handed to the agent with every plan: conventions, what to leave alone.",
            "setup_command": "Installs dependencies. Empty: found from the project's files.",
            "test_command": "Runs the tests. Empty: found from the project's files.",
            "allow_unisolated": "On a machine that cannot isolate, the agent's commands run with the rights of the server's own account. Only for repositories you trust.",
        }
        widgets = {
            "instructions": forms.Textarea(attrs={"rows": 4}),
            "setup_command": forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
            "test_command": forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        }

    GROUPS = (
        ("General", ("name", "base_branch", "branch_prefix", "requires_approval")),
        ("Pull requests", ("labels", "reviewers")),
        ("The agent", ("runner", "instructions", "rounds", "time_limit_seconds")),
        (
            "Set-up and tests",
            ("setup_command", "setup_network", "test_command", "test_limit_seconds"),
        ),
        ("Isolation", ("allow_unisolated",)),
    )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]


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
