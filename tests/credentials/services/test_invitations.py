from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.socialaccount.models import SocialAccount

from credentials.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from credentials.models import AuditEvent, Invitation, Membership, Role, Team, User
from credentials.services import invitations, members, teams
from tests.factories import make_team, make_user


def on_github(user: User, login: str, number: int = 77) -> User:
    """Give a person a GitHub account."""
    data = {"id": number, "login": login}
    SocialAccount.objects.create(user=user, provider="github", uid=str(number), extra_data=data)
    return user


def invite(user: User, team: Team, login: str = "erin", **fields: str) -> Invitation:
    """By GitHub login, as a member."""
    return invitations.invite(
        user, team, **{"kind": "github", "login": login, "role": "member", **fields}
    )


def test_whoever_has_the_login_is_in_after_the_next_sign_in(alice: User, team: Team) -> None:
    invite(alice, team, "@Erin", role="viewer")
    erin = on_github(make_user("somebody"), "erin")
    [joined] = invitations.accept_all(erin)
    assert (joined.team, joined.role) == (team, Role.VIEWER)
    assert invitations.accept_all(erin) == []
    assert AuditEvent.objects.filter(verb="invitation.accepted", actor=erin, team=team).exists()


def test_a_github_login_and_a_user_name_are_different_names(alice: User, team: Team) -> None:
    invite(alice, team, "erin")
    assert invitations.accept_all(make_user("erin")) == []
    make_user("frank")
    invite(alice, team, "frank", kind="username")
    assert invitations.accept_all(on_github(make_user("frank-2"), "frank")) == []


def test_a_user_name_is_of_somebody_who_is_here(alice: User, team: Team) -> None:
    frank = make_user("frank")
    invite(alice, team, "frank", kind="username")
    assert [joined.user for joined in invitations.accept_all(frank)] == [frank]
    with pytest.raises(Invalid):
        invite(alice, team, "nobody", kind="username")


@pytest.mark.parametrize("login", ["", "-erin", "erin smith", "a/b", "x" * 200, "er\0in"])
def test_what_is_no_login_is_refused(alice: User, team: Team, login: str) -> None:
    with pytest.raises(Invalid):
        invite(alice, team, login)


@pytest.mark.parametrize("field", ["kind", "role"])
def test_what_is_not_in_the_lists_is_refused(alice: User, team: Team, field: str) -> None:
    with pytest.raises(Invalid):
        invite(alice, team, **{field: "king"})


def test_one_open_invitation_per_login(alice: User, team: Team) -> None:
    first = invite(alice, team)
    with pytest.raises(Conflict):
        invite(alice, team, "ERIN")
    invitations.revoke(alice, team, first.pk)
    assert invite(alice, team).pk != first.pk


def test_members_are_not_invited(alice: User, bob: User, team: Team) -> None:
    on_github(bob, "Bob-on-Hub")
    for fields in ({"login": "bob-on-hub"}, {"login": "bob", "kind": "username"}):
        with pytest.raises(Conflict):
            invite(alice, team, **fields)


def test_an_invitation_that_was_taken_back_opens_nothing(alice: User, team: Team) -> None:
    invitation = invite(alice, team)
    invitations.revoke(alice, team, invitation.pk)
    erin = on_github(make_user("erin"), "erin")
    assert invitations.accept_all(erin) == []
    with pytest.raises(NotFound):
        invitations.accept(erin, invitation.pk)


def test_nobody_accepts_for_another(alice: User, mallory: User, team: Team) -> None:
    invitation = invite(alice, team)
    with pytest.raises(NotFound):
        invitations.accept(on_github(mallory, "mallory"), invitation.pk)


def test_a_role_that_somebody_has_already_stays(alice: User, team: Team) -> None:
    erin = on_github(make_user("erin"), "erin")
    invitation = invite(alice, team, role="owner")
    Membership.objects.create(team=team, user=erin, role=Role.VIEWER)
    assert invitations.accept(erin, invitation.pk).role == Role.VIEWER


@pytest.mark.parametrize("name", ["bob", "carol", "mallory"])
def test_only_owners_invite(bob: User, carol: User, mallory: User, team: Team, name: str) -> None:
    with pytest.raises(Forbidden):
        invite(User.objects.get(username=name), team)


def test_an_owner_takes_back_only_what_is_of_the_team(
    alice: User, mallory: User, team: Team
) -> None:
    other = Team.objects.get(memberships__user=mallory)
    theirs = invite(mallory, other)
    with pytest.raises(NotFound):
        invitations.revoke(alice, team, theirs.pk)


def test_a_personal_team_has_one_owner(alice: User) -> None:
    own = teams.personal_team(alice)
    with pytest.raises(Invalid):
        invite(alice, own, role="owner")
    bob = make_user("bob")
    seat = Membership.objects.create(team=own, user=bob, role=Role.MEMBER)
    with pytest.raises(Invalid):
        members.change_role(alice, own, seat.pk, "owner")
    assert teams.personal_team(bob) != own


class TestMembers:
    def test_a_role_is_changed(self, alice: User, bob: User, team: Team) -> None:
        seat = Membership.objects.get(user=bob)
        members.change_role(alice, team, seat.pk, "viewer")
        assert teams.role_of(bob, team) == Role.VIEWER
        event = AuditEvent.objects.get(verb="member.role_changed")
        assert event.data == {"member": "bob", "before": "member", "after": "viewer"}

    def test_somebody_is_removed(self, alice: User, bob: User, team: Team) -> None:
        members.remove(alice, team, Membership.objects.get(user=bob).pk)
        assert teams.role_of(bob, team) is None
        assert AuditEvent.objects.filter(verb="member.removed", actor=alice).exists()

    @pytest.mark.parametrize(
        "work",
        [
            lambda user, team, seat: members.leave(user, team),
            lambda user, team, seat: members.change_role(user, team, seat, "member"),
            members.remove,
        ],
        ids=["leaves", "steps down", "removes herself"],
    )
    def test_the_last_owner_stays(
        self, alice: User, team: Team, work: Callable[[User, Team, int], object]
    ) -> None:
        seat = Membership.objects.get(user=alice, team=team)
        with pytest.raises(Conflict):
            work(alice, team, seat.pk)
        assert teams.role_of(alice, team) == Role.OWNER

    def test_one_of_two_owners_may_go(self, alice: User, bob: User, team: Team) -> None:
        members.change_role(alice, team, Membership.objects.get(user=bob).pk, "owner")
        members.leave(alice, team)
        assert teams.role_of(alice, team) is None

    def test_a_member_may_go_at_any_time(self, bob: User, team: Team) -> None:
        members.leave(bob, team)
        assert teams.role_of(bob, team) is None

    def test_a_seat_of_another_team_is_not_there(
        self, alice: User, mallory: User, team: Team
    ) -> None:
        seat = Membership.objects.get(user=mallory)
        for work in (
            lambda: members.remove(alice, team, seat.pk),
            lambda: members.change_role(alice, team, seat.pk, "viewer"),
        ):
            with pytest.raises(NotFound):
                work()

    def test_owners_come_first(self, alice: User, bob: User, carol: User, team: Team) -> None:
        assert [seat.role for seat in members.of_team(team)] == ["owner", "member", "viewer"]

    @pytest.mark.parametrize("name", ["bob", "carol", "mallory"])
    def test_only_owners_decide(
        self, alice: User, bob: User, carol: User, mallory: User, team: Team, name: str
    ) -> None:
        user, seat = User.objects.get(username=name), Membership.objects.get(user=alice, team=team)
        with pytest.raises(Forbidden):
            members.remove(user, team, seat.pk)
        with pytest.raises(Forbidden):
            members.change_role(user, team, seat.pk, "viewer")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_team_needs_a_name(alice: User, name: str) -> None:
    with pytest.raises(AppError):
        teams.create_team(alice, name)


def test_two_teams_of_one_name_are_two(alice: User) -> None:
    assert make_team("One").slug != teams.create_team(alice, "One").slug
