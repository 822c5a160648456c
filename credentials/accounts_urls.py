"""The addresses of allauth that are used; its others (password reset, e-mail) stay closed."""

from __future__ import annotations

from allauth.account import views
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.urls import path
from django.views.decorators.cache import never_cache

from credentials.github_sign_in import GitHubAdapter

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path(
        "github/login/",
        never_cache(OAuth2LoginView.adapter_view(GitHubAdapter)),
        name="github_login",
    ),
    path(
        "github/login/callback/",
        never_cache(OAuth2CallbackView.adapter_view(GitHubAdapter)),
        name="github_callback",
    ),
]
