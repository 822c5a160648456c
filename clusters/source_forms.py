"""Forms about sources, one for each kind. They check shapes; the services check rules."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms

from clusters.models import Source
from clusters.services.sources.kinds import info_of
from clusters.services.sources.settings import LEVELS
from clusters.source_form_base import MONO, SourceForm
from clusters.webhook_form import WebhookForm

_LIST = "Separate several by commas."


class GitHubIssuesForm(SourceForm):
    """Issues of a repository."""

    settings = ("repository", "labels", "labels_left_out", "only_open", "comments")
    lists = ("labels", "labels_left_out")

    repository = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=MONO),
        help_text="As owner/name. Empty: the project's own repository.",
    )
    labels = forms.CharField(
        required=False,
        max_length=2000,
        help_text=f"Only issues with one of these, such as bug. {_LIST} Empty: all issues.",
    )
    labels_left_out = forms.CharField(
        label="Labels that are left out",
        required=False,
        max_length=2000,
        help_text=f"Never issues with one of these, such as wontfix. {_LIST}",
    )
    only_open = forms.BooleanField(
        label="Leave out what is closed already",
        required=False,
        help_text="Of the issues from before today. Those that are closed later are kept as evidence and marked.",
    )
    comments = forms.BooleanField(
        label="Bring the comments along",
        required=False,
        initial=True,
        help_text="They often hold the version, the steps or the log. They become evidence of the report.",
    )


class FilteredForm(SourceForm):
    """What both ways of Sentry have."""

    settings: ClassVar[tuple[str, ...]] = ("environments", "levels")
    lists: ClassVar[tuple[str, ...]] = ("environments",)

    environments = forms.CharField(
        required=False,
        max_length=2000,
        help_text=f"Only events of these, such as production. {_LIST} Empty: all.",
    )
    levels = forms.MultipleChoiceField(
        required=False,
        choices=[(level, level.capitalize()) for level in LEVELS],
        widget=forms.CheckboxSelectMultiple,
        help_text="Only events of these levels. None chosen: all.",
    )


class SentryForm(FilteredForm):
    """What a Sentry server tells."""

    settings = (*FilteredForm.settings, "projects")
    lists = (*FilteredForm.lists, "projects")

    projects = forms.CharField(
        label="Projects in Sentry",
        required=False,
        max_length=2000,
        help_text=f"Only events of these, by their names in addresses. {_LIST} Empty: all.",
    )


class RedditForm(SourceForm):
    """Posts of a subreddit."""

    settings = ("subreddit", "query", "comments", "nsfw")

    subreddit = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs=MONO | {"placeholder": "r/selfhosted"}),
    )
    query = forms.CharField(
        label="Words to look for",
        required=False,
        max_length=200,
        help_text="As one would type them into Reddit's search, for example the name of your product. Empty: every post.",
    )
    comments = forms.BooleanField(label="Bring the comments along", required=False)
    nsfw = forms.BooleanField(label="Also what is marked as not safe for work", required=False)


class SlackForm(SourceForm):
    """Messages of channels."""

    settings = ("channels", "domain", "bots")
    lists = ("channels",)

    channels = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs=MONO | {"placeholder": "C024BE91L"}),
        help_text=f"Ids of channels: in Slack, they stand at the end of “View channel details”. {_LIST} Empty: every channel that the app is in.",
    )
    domain = forms.CharField(
        label="Name of the workspace in addresses",
        required=False,
        max_length=63,
        widget=forms.TextInput(attrs=MONO | {"placeholder": "acme"}),
        help_text="What stands before .slack.com. With it, reports link to their messages.",
    )
    bots = forms.BooleanField(label="Also messages that programs write", required=False)


class FormForm(SourceForm):
    """The page where users write."""

    settings = ("title", "intro", "button", "origins")
    lists = ("origins",)

    title = forms.CharField(
        label="Title of the page",
        required=False,
        max_length=100,
        help_text="Everybody sees it. Empty: Feedback.",
    )
    intro = forms.CharField(
        label="A sentence below it",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Everybody sees it.",
    )
    button = forms.CharField(
        label="Text of the button on your site",
        required=False,
        max_length=40,
        help_text="Empty: Feedback.",
    )
    origins = forms.CharField(
        label="Sites that may embed it",
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs=MONO | {"placeholder": "https://example.org"}),
        help_text=f"{_LIST} Empty: none; the page itself is open all the same.",
    )


class InstalledForm(SourceForm):
    """A kind of another package: its settings as they are."""

    settings_json = forms.CharField(
        label="Settings",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs=MONO | {"rows": 8}),
        help_text="A JSON object; the package's own page says what may stand in it.",
    )

    def clean_settings_json(self) -> dict[str, Any]:
        """What stands in the JSON object."""
        try:
            found = json.loads(self.cleaned_data["settings_json"] or "{}")
        except ValueError as error:
            raise forms.ValidationError(f"This is no JSON: {error}.") from error
        if not isinstance(found, dict):
            raise forms.ValidationError("Write a JSON object, in braces.")
        return found

    def config(self) -> dict[str, Any]:
        """All of the object."""
        found: dict[str, Any] = self.cleaned_data["settings_json"]
        return found

    def _typed(self, source: Source) -> dict[str, Any]:
        return super()._typed(source) | {"settings_json": json.dumps(source.config, indent=2)}


class SecretForm(forms.Form):
    """A secret that another system has made. It only ever comes in."""

    secret = forms.CharField(
        max_length=500,
        strip=True,
        widget=forms.PasswordInput(attrs=MONO | {"autocomplete": "off"}, render_value=False),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].label = info_of(kind).shares


_FORMS: dict[str, type[SourceForm]] = {
    Source.Kind.GITHUB: GitHubIssuesForm,
    Source.Kind.SENTRY: SentryForm,
    Source.Kind.SDK: FilteredForm,
    Source.Kind.REDDIT: RedditForm,
    Source.Kind.SLACK: SlackForm,
    Source.Kind.WEBHOOK: WebhookForm,
    Source.Kind.FORM: FormForm,
}


def form_of(kind: str) -> type[SourceForm]:
    """The form for sources of a kind; those that nobody connects have a name and little else."""
    ours = SourceForm if kind in Source.Kind.values else InstalledForm
    return _FORMS.get(kind, ours)
