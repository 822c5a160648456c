"""Addresses of pages about people and their keys."""

from __future__ import annotations

from django.urls import path

from credentials.views.profile import profile, theme
from credentials.views.sign_in import sign_in
from credentials.views.tokens import token_revoke, tokens

urlpatterns = [
    path("sign-in/<str:token>/", sign_in, name="sign_in"),
    path("settings/profile/", profile, name="profile"),
    path("settings/tokens/", tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke/", token_revoke, name="token_revoke"),
    path("settings/theme/", theme, name="theme"),
]
