"""Signing in with GitHub, with Django's client as the browser."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.credentials.github.browser import Browser
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github"]


@pytest.fixture
def site(github: GitHubServer, settings: Settings) -> GitHubServer:
    """GitHub with Dana on it, and an OAuth app of ours there."""
    github.add_user("dana", name="Dana Diaz", email="dana@example.org")
    settings.GITHUB_URL, settings.GITHUB_API_URL = github.url, github.api_url
    settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET = "Iv1.soul", "app-secret-7f0c"
    callback = "http://testserver/accounts/github/login/callback/"
    github.oauth_client("Iv1.soul", "app-secret-7f0c", callback)
    github.approve_as("dana")
    return github


@pytest.fixture
def visitor(client: Client, site: GitHubServer, db: None) -> Browser:
    """A browser with no cookies."""
    return Browser(client)
