"""People, organisations and repositories, and what owners do with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.stand_ins.github import bare
from tests.stand_ins.github.state import RIGHTS, Hook, Protection, Repository, State
from tests.stand_ins.github.webhooks import Webhooks


class Owners:
    """What owners do; repositories are named "owner/name"."""

    def __init__(self, state: State, webhooks: Webhooks) -> None:
        self.state = state
        self.webhooks = webhooks

    def add_user(
        self,
        login: str,
        *,
        scopes: Iterable[str] | None = ("repo", "read:user"),
        name: str = "",
        email: str = "",
    ) -> str:
        """A person; returns a token with these scopes (None: a fine-grained one)."""
        with self.state.lock:
            self.state.add_account(login, "User", name=name, email=email)
            prefix = "github_pat_" if scopes is None else "ghp_"
            return self.state.add_token(login, scopes, prefix=prefix).value

    def add_organisation(
        self, login: str, *, members: Mapping[str, str] | None = None, sso: bool = False
    ) -> None:
        """An organisation; members are "admin" or "member", and read everything."""
        with self.state.lock:
            it = self.state.add_account(login, "Organization")
            it.members = dict(members or {})
            it.sso = sso

    def add_repository(
        self,
        full_name: str,
        *,
        private: bool = True,
        source: Path | None = None,
        empty: bool = False,
        drafts: bool = True,
    ) -> Repository:
        """A repository, as a copy of `source`, with a README alone, or with nothing at all."""
        owner, name = full_name.split("/")
        with self.state.lock:
            self.state.add_account(owner, "User")
            number = self.state.next_id()
            path = self.state.folder / "repositories" / f"{number}.git"
            now = self.state.now()
            it = Repository(number, owner, name, private, path, now, pushed_at=now, updated_at=now)
            it.default_branch = bare.create(path, source)
            it.drafts_supported = drafts
            self.state.repositories[number] = it
            self.state.names[full_name.lower()] = number
        if source is None and not empty:
            tree = bare.with_files(path, None, {"README.md": f"# {name}\n".encode()})
            first = bare.commit_tree(path, tree, [], "Initial commit\n", bare.ROBOT)
            bare.move(path, it.default_branch, first)
        return it

    def repository(self, full_name: str) -> Repository:
        """What the server knows of it."""
        it = self.state.find(full_name)
        assert it is not None, f"there is no repository {full_name}"
        return it

    def grant(self, full_name: str, login: str, right: str) -> None:
        """Make somebody a collaborator: none, read, triage, write, maintain or admin."""
        assert right in RIGHTS
        self.repository(full_name).rights[login] = right

    def protect(
        self,
        full_name: str,
        branch: str,
        *,
        reviews: int = 0,
        checks: Iterable[str] = (),
        refuse_push: bool = False,
    ) -> None:
        """Rules for a branch; with `refuse_push`, git refuses every push to it."""
        it = self.repository(full_name)
        it.protection[branch] = Protection(reviews, tuple(checks), refuse_push)
        closed = [name for name, rules in it.protection.items() if rules.refuse_push]
        lines = "".join(f"refs/heads/{name}\n" for name in closed)
        (it.path / "protected").write_text(lines)

    def rename(self, full_name: str, name: str) -> None:
        """Give a repository a new name; the old one leads there."""
        with self.state.lock:
            it = self.repository(full_name)
            old, it.name = it.name, name
            self._renamed(it)
            changes = {"repository": {"name": {"from": old}}}
            self.webhooks.repository(it, "renamed", it.owner, changes=changes)

    def transfer(self, full_name: str, owner: str) -> None:
        """Give a repository to somebody else."""
        with self.state.lock:
            it = self.repository(full_name)
            from_whom = self.webhooks.owner_shape(it)
            new = self.state.add_account(owner, "User")
            it.owner = new.login
            self._renamed(it)
            sender = next(iter(new.members), new.login)
            changes = {"owner": {"from": from_whom}}
            self.webhooks.repository(it, "transferred", sender, changes=changes)

    def _renamed(self, it: Repository) -> None:
        it.updated_at = self.state.now()
        self.state.names[it.full_name.lower()] = it.id

    def archive(self, full_name: str, archived: bool = True) -> None:
        """Make a repository read-only, or take that back."""
        with self.state.lock:
            it = self.repository(full_name)
            it.archived = archived
            self.webhooks.repository(it, "archived" if archived else "unarchived", it.owner)

    def webhook(self, full_name: str, url: str, secret: str, events: Iterable[str] = ()) -> Hook:
        """Tell events of a repository to an address, beginning with "ping"."""
        with self.state.lock:
            it = self.repository(full_name)
            hook = Hook(self.state.next_id(), url, secret, frozenset(events))
            it.hooks.append(hook)
            self.webhooks.ping(it, hook)
            return hook
