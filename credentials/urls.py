"""Addresses of pages about people and their keys."""

from __future__ import annotations

from django.urls import path

from credentials.views.keys import key_replace, key_revoke, key_verify, keys, team_keys
from credentials.views.profile import profile, theme
from credentials.views.sign_in import sign_in
from credentials.views.teams import (
    invitation_accept,
    invitation_revoke,
    member_remove,
    member_role,
    team,
    team_leave,
    team_new,
    teams,
)
from credentials.views.tokens import token_revoke, tokens

urlpatterns = [
    path("sign-in/<str:token>/", sign_in, name="sign_in"),
    path("settings/profile/", profile, name="profile"),
    path("settings/tokens/", tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke/", token_revoke, name="token_revoke"),
    path("settings/keys/", keys, name="keys"),
    path("teams/<int:team_id>/keys/", team_keys, name="team_keys"),
    path("keys/<int:credential_id>/replace/", key_replace, name="key_replace"),
    path("keys/<int:credential_id>/verify/", key_verify, name="key_verify"),
    path("keys/<int:credential_id>/revoke/", key_revoke, name="key_revoke"),
    path("settings/theme/", theme, name="theme"),
    path("teams/", teams, name="teams"),
    path("teams/new/", team_new, name="team_new"),
    path("teams/<int:team_id>/", team, name="team"),
    path("teams/<int:team_id>/leave/", team_leave, name="team_leave"),
    path("teams/<int:team_id>/members/<int:membership_id>/role/", member_role, name="member_role"),
    path(
        "teams/<int:team_id>/members/<int:membership_id>/remove/",
        member_remove,
        name="member_remove",
    ),
    path(
        "teams/<int:team_id>/invitations/<int:invitation_id>/revoke/",
        invitation_revoke,
        name="invitation_revoke",
    ),
    path("invitations/<int:invitation_id>/accept/", invitation_accept, name="invitation_accept"),
]
