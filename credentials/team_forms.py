"""Forms about teams. They check shapes; the services check rules."""

from __future__ import annotations

from django import forms

from credentials.models import Invitation, Role
from credentials.services.teams import LONGEST_NAME

ROLES = [
    (Role.MEMBER.value, "Member: works on feedback, plans and fixes"),
    (Role.VIEWER.value, "Viewer: looks, changes nothing"),
    (Role.OWNER.value, "Owner: also decides about members and keys"),
]


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(max_length=LONGEST_NAME)


class InviteForm(forms.Form):
    """Somebody to ask in."""

    login = forms.CharField(
        label="Name",
        max_length=150,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    kind = forms.ChoiceField(label="This is a", choices=Invitation.Kind.choices)
    role = forms.ChoiceField(choices=ROLES)
