"""The whole way: from our button over GitHub's page and back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from credentials.models import Credential, Membership, Role, Team, User
from credentials.services import credentials, github, invitations, keys
from tests.credentials.github.browser import CALLBACK, LOGIN, Browser
from tests.factories import PASSWORD, make_user
from tests.stand_ins.github.server import GitHubServer


def _token_of(user: User) -> str:
    revealed = keys.reveal("github", user=user, team=None)
    return revealed.secret if revealed else ""


def test_a_first_sign_in_makes_an_account_with_a_team_of_its_own(visitor: Browser) -> None:
    answer = visitor.sign_in()
    assert answer["Location"] == reverse("inbox")
    user = User.objects.get()
    assert (user.username, user.full_name, user.email) == ("dana", "Dana Diaz", "")
    assert not user.has_usable_password()
    membership = Membership.objects.select_related("team").get()
    assert membership.team.personal
    assert membership.role == Role.OWNER
    assert visitor.client.get(reverse("profile")).status_code == 200


def test_who_it_is_on_github_is_kept_and_nothing_more(visitor: Browser, site: GitHubServer) -> None:
    visitor.sign_in()
    number = site.state.account("dana").id
    assert github.identity_of(User.objects.get()) == (number, "dana")
    assert SocialAccount.objects.get().extra_data == {"id": number, "login": "dana"}


def test_the_token_is_kept_for_the_person_with_what_it_may_do(
    visitor: Browser, site: GitHubServer
) -> None:
    visitor.sign_in()
    credential = Credential.objects.get()
    assert (credential.user, credential.provider) == (User.objects.get(), "github")
    assert credential.scopes == "read:user,repo"
    assert credential.verified_at
    assert site.state.tokens[_token_of(User.objects.get())].login == "dana"
    assert not SocialToken.objects.exists()


def test_a_second_sign_in_replaces_the_token(visitor: Browser) -> None:
    visitor.sign_in()
    user = User.objects.get()
    first = _token_of(user)
    visitor.client.post(reverse("account_logout"))
    visitor.sign_in()
    assert _token_of(user) not in {"", first}
    assert Credential.objects.filter(revoked_at=None).count() == 1
    assert set(Credential.objects.exclude(revoked_at=None).values_list("ciphertext")) == {("",)}
    assert User.objects.count() == Membership.objects.count() == 1


def test_a_new_login_of_the_same_account_is_noticed(visitor: Browser, site: GitHubServer) -> None:
    visitor.sign_in()
    site.state.account("dana").login = "dana-d"
    visitor.client.post(reverse("account_logout"))
    visitor.sign_in()
    identity = github.identity_of(User.objects.get())
    assert identity
    assert identity.login == "dana-d"


def test_somebody_here_who_has_the_same_name_keeps_it(visitor: Browser) -> None:
    local = make_user("Dana")
    visitor.sign_in()
    assert github.identity_of(local) is None
    assert github.identity_of(User.objects.get(username="dana-2"))


def test_a_token_that_github_refused_is_gone_until_the_next_sign_in(visitor: Browser) -> None:
    visitor.sign_in()
    user = User.objects.get()
    credentials.refused(Credential.objects.get().pk, "GitHub does not take it.", revoked=True)
    assert _token_of(user) == ""
    visitor.client.post(reverse("account_logout"))
    visitor.sign_in()
    assert _token_of(user)


def test_the_way_to_github_proves_itself_and_asks_for_what_is_configured(
    visitor: Browser, settings: Settings
) -> None:
    settings.GITHUB_SCOPES = ["public_repo"]
    asked = parse_qs(urlsplit(visitor.begin()).query)
    assert asked["scope"] == ["public_repo"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"][0]
    assert asked["redirect_uri"] == ["http://testserver" + CALLBACK]


def test_no_link_asks_for_more_in_our_name(visitor: Browser) -> None:
    answer = visitor.client.post(f"{LOGIN}?scope=delete_repo&auth_params=scope%3Dadmin:org")
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert set(asked["scope"][0].split()) == {"repo", "read:user"}


def test_a_link_alone_signs_nobody_in(visitor: Browser) -> None:
    answer = visitor.client.get(LOGIN)
    assert answer.status_code == 200
    assert "Go on to GitHub" in answer.content.decode()


def test_afterwards_the_page_that_was_wanted_is_shown(visitor: Browser) -> None:
    assert visitor.sign_in(next="/jobs/")["Location"] == "/jobs/"


def test_afterwards_no_other_site_is_shown(visitor: Browser) -> None:
    assert visitor.sign_in(next="https://evil.example/")["Location"] == reverse("inbox")


def test_too_few_scopes_are_noticed(visitor: Browser, site: GitHubServer) -> None:
    site.approve_as("dana", scopes=["read:user"])
    answer = visitor.sign_in()
    assert answer["Location"] == reverse("inbox")
    [message] = visitor.messages(answer)
    assert "“repo”" in message
    assert "pull request" in message
    assert Credential.objects.get().scopes == "read:user"


def test_enough_scopes_are_not_mentioned(visitor: Browser) -> None:
    assert visitor.messages(visitor.sign_in()) == []


def test_without_a_place_for_keys_the_sign_in_works_and_says_so(
    visitor: Browser, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = ""
    answer = visitor.sign_in()
    assert answer["Location"] == reverse("inbox")
    assert "SOULCASTER_KEYS" in visitor.messages(answer)[0]
    assert not Credential.objects.exists()


def test_a_closed_account_stays_closed(visitor: Browser) -> None:
    visitor.sign_in()
    visitor.client.post(reverse("account_logout"))
    User.objects.update(is_active=False)
    kept = Credential.objects.get().ciphertext
    answer = visitor.sign_in()
    assert answer["Location"] == reverse("account_inactive")
    assert visitor.client.get(answer["Location"]).status_code == 200
    assert visitor.client.get(reverse("profile")).status_code == 302
    assert Credential.objects.get().ciphertext == kept


class TestWhoMayComeIn:
    def test_a_named_person(self, visitor: Browser, settings: Settings) -> None:
        settings.GITHUB_ALLOWED_LOGINS = ["Dana"]
        assert visitor.sign_in().status_code == 302

    def test_nobody_else(self, visitor: Browser, settings: Settings) -> None:
        settings.GITHUB_ALLOWED_LOGINS = ["erin"]
        answer = visitor.sign_in()
        assert answer.status_code == 403
        assert "chosen people only" in answer.content.decode()
        assert not User.objects.exists()
        assert not Credential.objects.exists()

    def test_a_member_of_a_named_organisation(
        self, visitor: Browser, site: GitHubServer, settings: Settings
    ) -> None:
        site.add_organisation("acme", members={"dana": "member"})
        settings.GITHUB_ALLOWED_ORGANISATIONS = ["acme"]
        assert visitor.sign_in().status_code == 302
        assert "read:org" in Credential.objects.get().scopes

    def test_no_member_of_another(
        self, visitor: Browser, site: GitHubServer, settings: Settings
    ) -> None:
        site.add_organisation("acme", members={"erin": "member"})
        settings.GITHUB_ALLOWED_ORGANISATIONS = ["acme"]
        assert visitor.sign_in().status_code == 403
        assert not User.objects.exists()

    def test_nobody_while_github_does_not_say(
        self, visitor: Browser, site: GitHubServer, settings: Settings
    ) -> None:
        site.add_organisation("acme", members={"dana": "member"})
        settings.GITHUB_ALLOWED_ORGANISATIONS = ["acme"]
        site.fail_next(500, path_contains="/memberships/")
        answer = visitor.sign_in()
        assert answer.status_code == 403
        assert "did not say" in answer.content.decode()
        assert not User.objects.exists()

    def test_who_is_let_in_no_more(self, visitor: Browser, settings: Settings) -> None:
        visitor.sign_in()
        visitor.client.post(reverse("account_logout"))
        settings.GITHUB_ALLOWED_LOGINS = ["erin"]
        assert visitor.sign_in().status_code == 403
        assert visitor.client.get(reverse("profile")).status_code == 302


class TestConnecting:
    @pytest.fixture
    def local(self, visitor: Browser) -> User:
        """Somebody who came in with a password."""
        user = make_user("local")
        visitor.client.post(reverse("account_login"), {"login": "local", "password": PASSWORD})
        return user

    def test_github_is_added_to_the_account(self, visitor: Browser, local: User) -> None:
        answer = visitor.sign_in(process="connect", next="/projects/new/")
        assert answer["Location"] == "/projects/new/"
        identity = github.identity_of(local)
        assert identity
        assert identity.login == "dana"
        assert _token_of(local)
        assert User.objects.count() == 1

    def test_connecting_again_brings_a_fresh_token(self, visitor: Browser, local: User) -> None:
        visitor.sign_in(process="connect")
        before = _token_of(local)
        visitor.sign_in(process="connect")
        assert _token_of(local) not in {"", before}

    def test_one_account_here_is_one_there(
        self, visitor: Browser, local: User, site: GitHubServer
    ) -> None:
        visitor.sign_in(process="connect")
        before = _token_of(local)
        site.add_user("erin")
        site.approve_as("erin")
        answer = visitor.sign_in(process="connect")
        assert answer.status_code == 403
        assert "connected to dana" in answer.content.decode()
        assert _token_of(local) == before

    def test_the_account_of_somebody_else_is_not_taken(self, visitor: Browser) -> None:
        visitor.sign_in()
        dana = User.objects.get()
        before = _token_of(dana)
        make_user("local")
        other = Browser(Client())
        other.client.post(reverse("account_login"), {"login": "local", "password": PASSWORD})
        answer = other.sign_in(process="connect")
        assert answer.status_code == 403
        assert "another account" in answer.content.decode()
        assert _token_of(dana) == before

    def test_an_old_session_makes_no_lasting_way_in(self, visitor: Browser, local: User) -> None:
        session = visitor.client.session
        session["signed_in_at"] = 0
        session["account_authentication_methods"] = []
        session.save()
        answer = visitor.sign_in(process="connect")
        assert answer.status_code == 403
        assert "sign out and in again" in answer.content.decode()
        assert github.identity_of(local) is None


def test_who_was_invited_is_in_the_team_at_once(visitor: Browser, alice: User, team: Team) -> None:
    invitations.invite(alice, team, kind="github", login="Dana", role="member")
    answer = visitor.sign_in()
    assert f"You are now in the team {team}." in visitor.messages(answer)
    dana = User.objects.get(username="dana")
    assert Membership.objects.get(user=dana, team=team).role == Role.MEMBER
