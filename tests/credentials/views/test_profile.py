from __future__ import annotations

import pytest
from django.test import Client

from credentials.models import User

PROFILE = "/settings/profile/"


def test_the_profile_is_saved(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post(PROFILE, {"full_name": "Alice A.", "commit_email": "", "time_zone": "Asia/Tokyo"})
    alice.refresh_from_db()
    assert (alice.full_name, alice.time_zone) == ("Alice A.", "Asia/Tokyo")


def test_an_unknown_time_zone_is_refused(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(PROFILE, {"full_name": "", "commit_email": "", "time_zone": "Moon/Base"})
    assert answer.context["form"].errors["time_zone"]
    alice.refresh_from_db()
    assert alice.time_zone == "UTC"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_kept_and_rendered_by_the_server(
    client: Client, alice: User, theme: str
) -> None:
    client.force_login(alice)
    client.post("/settings/theme/", {"theme": theme, "next": PROFILE})
    assert f'data-theme="{theme}"' in client.get(PROFILE).content.decode()


def test_a_theme_that_does_not_exist_is_as_the_system_wants(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.cookies["theme"] = '"><script>'
    assert "data-theme=" not in client.get(PROFILE).content.decode()


def test_the_theme_switch_leads_to_no_other_site(client: Client, db: None) -> None:
    answer = client.post("/settings/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
