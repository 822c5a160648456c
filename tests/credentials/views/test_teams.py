"""Pages of teams: they work, and only for whom they should."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from credentials.models import Invitation, Membership, Role, Team, User
from credentials.services import teams as service
from tests.credentials.services.test_invitations import invite, on_github
from tests.factories import PASSWORD, make_user


@pytest.fixture
def addresses(alice: User, bob: User, team: Team) -> dict[str, str]:
    """Every address that changes something of the team, by what it does."""
    seat = Membership.objects.get(user=bob).pk
    invitation = invite(alice, team).pk
    return {
        "invite": reverse("team", args=[team.pk]),
        "role": reverse("member_role", args=[team.pk, seat]),
        "remove": reverse("member_remove", args=[team.pk, seat]),
        "take back": reverse("invitation_revoke", args=[team.pk, invitation]),
    }


CHANGES = ["invite", "role", "remove", "take back"]


def test_a_team_is_made_and_shown(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(reverse("team_new"), {"name": "Garden"})
    made = Team.objects.get(name="Garden")
    assert answer["Location"] == reverse("team", args=[made.pk])
    assert "Garden" in client.get(reverse("teams")).content.decode()


def test_a_team_without_a_name_is_not_made(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(reverse("team_new"), {"name": "  "})
    assert answer.status_code == 200
    assert answer.context["form"].errors["name"]


def test_an_owner_invites_on_the_page(client: Client, alice: User, team: Team) -> None:
    client.force_login(alice)
    page = reverse("team", args=[team.pk])
    client.post(page, {"login": "erin", "kind": "github", "role": "viewer"})
    assert Invitation.objects.get().login == "erin"
    shown = client.get(page).content.decode()
    assert "erin" in shown
    assert "Take back" in shown


def test_what_cannot_be_is_said_at_the_field(client: Client, alice: User, team: Team) -> None:
    client.force_login(alice)
    page = reverse("team", args=[team.pk])
    answer = client.post(page, {"login": "no such", "kind": "github", "role": "viewer"})
    assert answer.context["form"].errors["login"]
    assert not Invitation.objects.exists()


def test_members_are_managed(
    client: Client, alice: User, bob: User, team: Team, addresses: dict[str, str]
) -> None:
    client.force_login(alice)
    client.post(addresses["role"], {"role": "viewer"})
    assert service.role_of(bob, team) == Role.VIEWER
    client.post(addresses["take back"])
    assert not Invitation.objects.filter(revoked_at=None).exists()
    client.post(addresses["remove"])
    assert service.role_of(bob, team) is None


def test_a_member_looks_and_leaves(client: Client, bob: User, team: Team) -> None:
    client.force_login(bob)
    page = client.get(reverse("team", args=[team.pk])).content.decode()
    assert "Ask somebody in" not in page
    assert "Remove" not in page
    client.post(reverse("team_leave", args=[team.pk]))
    assert service.role_of(bob, team) is None
    assert client.get(reverse("team", args=[team.pk])).status_code == 404


def test_the_last_owner_is_told_why_not(client: Client, alice: User, team: Team) -> None:
    client.force_login(alice)
    page = client.post(reverse("team_leave", args=[team.pk]), follow=True).content.decode()
    assert "make somebody else an owner first" in page
    assert service.role_of(alice, team) == Role.OWNER


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["bob", "carol"])
def test_who_is_no_owner_changes_nothing(
    client: Client,
    bob: User,
    carol: User,
    team: Team,
    addresses: dict[str, str],
    name: str,
    change: str,
) -> None:
    client.force_login(User.objects.get(username=name))
    form = {"login": "frank", "kind": "github", "role": "owner"}
    assert client.post(addresses[change], form).status_code == 403
    assert team.memberships.count() == 3
    assert Membership.objects.get(user=bob).role == Role.MEMBER
    assert Invitation.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("change", [*CHANGES, "leave"])
def test_another_team_is_not_there(
    client: Client, mallory: User, team: Team, addresses: dict[str, str], change: str
) -> None:
    client.force_login(mallory)
    known = {**addresses, "leave": reverse("team_leave", args=[team.pk])}
    assert client.post(known[change], {"role": "owner"}).status_code == 404
    assert client.get(reverse("team", args=[team.pk])).status_code == 404


@pytest.mark.parametrize("change", CHANGES)
def test_a_stranger_is_asked_to_sign_in(
    client: Client, addresses: dict[str, str], change: str
) -> None:
    answer = client.post(addresses[change])
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("change", ["role", "remove", "take back"])
def test_looking_changes_nothing(
    client: Client, alice: User, addresses: dict[str, str], change: str
) -> None:
    client.force_login(alice)
    assert client.get(addresses[change]).status_code == 405


def test_a_membership_of_one_team_is_not_reached_by_another(
    client: Client, mallory: User, bob: User, team: Team
) -> None:
    client.force_login(mallory)
    own = Team.objects.get(memberships__user=mallory)
    seat = Membership.objects.get(user=bob, team=team)
    answer = client.post(reverse("member_remove", args=[own.pk, seat.pk]))
    assert answer.status_code == 404
    assert service.role_of(bob, team) == Role.MEMBER


class TestAccepting:
    def test_by_signing_in(self, client: Client, alice: User, team: Team) -> None:
        make_user("frank")
        invite(alice, team, "frank", kind="username")
        sign_in = {"login": "frank", "password": PASSWORD}
        answer = client.post(reverse("account_login"), sign_in, follow=True)
        assert f"You are now in the team {team}" in answer.content.decode()
        assert service.role_of(User.objects.get(username="frank"), team) == Role.MEMBER

    def test_by_a_button(self, client: Client, alice: User, team: Team) -> None:
        erin = on_github(make_user("erin"), "erin")
        client.force_login(erin)
        invitation = invite(alice, team)
        assert f"Join {team}" in client.get(reverse("teams")).content.decode()
        address = reverse("invitation_accept", args=[invitation.pk])
        assert client.get(address).status_code == 405
        assert client.post(address).status_code == 302
        assert service.role_of(erin, team) == Role.MEMBER

    def test_not_by_others(self, client: Client, alice: User, mallory: User, team: Team) -> None:
        invitation = invite(alice, team)
        client.force_login(mallory)
        assert client.post(reverse("invitation_accept", args=[invitation.pk])).status_code == 404
        assert str(team) not in client.get(reverse("teams")).content.decode()
