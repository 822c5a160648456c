"""The product set up for GitHub, and a private repository there whose owner signs in."""

from __future__ import annotations

from pathlib import Path

from tests.stand_ins.github.server import GitHubServer

LOGIN, NAME = "dana", "Dana Diaz"
REPOSITORY = "acme/till"
CLIENT_ID = "Iv1.soulcaster"
# Signs that every encoding writes in another way.
CLIENT_SECRET = "app-secret/7f0c+<&>'\"%=of-soulcaster"
WEBHOOK_SECRET = "hook-secret/a91b+<&>'\"%=of-soulcaster"


def set_up(github: GitHubServer, source: Path) -> dict[str, str]:
    """Dana, who may write to a copy of `source`; what the product's operator sets for it."""
    github.add_user(LOGIN, name=NAME)
    github.add_organisation("acme")
    github.add_repository(REPOSITORY, private=True, source=source)
    github.grant(REPOSITORY, LOGIN, "write")
    return {
        "GITHUB_URL": github.url,
        "GITHUB_API_URL": github.api_url,
        "GITHUB_CLIENT_ID": CLIENT_ID,
        "GITHUB_CLIENT_SECRET": CLIENT_SECRET,
        "GITHUB_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


def introduce(github: GitHubServer, address: str) -> None:
    """Tell GitHub where the product is: its OAuth app and the repository's webhook."""
    callback = f"{address}/accounts/github/login/callback/"
    github.oauth_client(CLIENT_ID, CLIENT_SECRET, callback)
    github.webhook(REPOSITORY, f"{address}/webhooks/github", WEBHOOK_SECRET)
