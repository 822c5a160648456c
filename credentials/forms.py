"""Forms about people and their keys. They check shapes; the services check rules."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms

from credentials.models import Provider, Scope


def _zones() -> list[tuple[str, str]]:
    names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    return [(name, name.replace("_", " ")) for name in names]


class TokenForm(forms.Form):
    """A new personal API token."""

    name = forms.CharField(
        max_length=100, help_text="What will use it, for example “nightly import”."
    )
    scope = forms.ChoiceField(
        choices=[(Scope.READ, "Read"), (Scope.WRITE, "Read and write")],
        help_text="A token never can do more than you can.",
    )
    days = forms.TypedChoiceField(
        label="Expires after",
        coerce=int,
        initial=90,
        choices=[(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "1 year")],
    )


class ProfileForm(forms.Form):
    """What people say about themselves."""

    full_name = forms.CharField(
        label="Name", max_length=200, required=False, help_text="Shown to your team and in commits."
    )
    commit_email = forms.EmailField(
        label="Commit e-mail",
        required=False,
        help_text="The address your commits carry. Empty: your account's address.",
    )
    time_zone = forms.ChoiceField(
        choices=_zones, help_text="Times on every page are shown in this zone."
    )


class ReplaceKeyForm(forms.Form):
    """Another value for a stored key. What was typed is never sent back to the page."""

    secret = forms.CharField(
        label="Key",
        max_length=4096,
        help_text="Stored encrypted. Nobody, you included, sees it again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    base_url = forms.CharField(
        label="Address of a gateway",
        max_length=500,
        required=False,
        help_text="Only if this key is for another address than the provider's own.",
    )


class KeyForm(ReplaceKeyForm):
    """A first key of a provider."""

    provider = forms.ChoiceField(choices=Provider)

    field_order = ("provider", "secret", "base_url")
