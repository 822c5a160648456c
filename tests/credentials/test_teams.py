from __future__ import annotations

import pytest

from credentials.errors import Forbidden
from credentials.models import AuditEvent, Role, Team, User
from credentials.services import teams


def test_who_makes_a_team_owns_it(alice: User) -> None:
    team = teams.create_team(alice, "Shop")
    assert teams.role_of(alice, team) == Role.OWNER
    assert AuditEvent.objects.filter(verb="team.created", target_id=team.pk).exists()


def test_two_teams_of_one_name_have_two_addresses(alice: User, bob: User) -> None:
    first, second = teams.create_team(alice, "Shop"), teams.create_team(bob, "Shop")
    assert first.slug != second.slug


def test_a_personal_team_is_made_once(alice: User) -> None:
    assert teams.personal_team(alice) == teams.personal_team(alice)


@pytest.mark.parametrize(
    ("name", "may_write", "may_own"),
    [
        ("alice", True, True),
        ("bob", True, False),
        ("carol", False, False),
        ("mallory", False, False),
    ],
)
def test_rights_by_role(
    team: Team, bob: User, carol: User, mallory: User, name: str, may_write: bool, may_own: bool
) -> None:
    user = User.objects.get(username=name)
    for allowed, require in ((may_write, teams.require_writer), (may_own, teams.require_owner)):
        if allowed:
            require(user, team)
        else:
            with pytest.raises(Forbidden):
                require(user, team)
