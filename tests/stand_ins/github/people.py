"""What people do on GitHub outside of the product's sight."""

from __future__ import annotations

from collections.abc import Mapping

from tests.stand_ins.github import bare, issue_routes, pulls
from tests.stand_ins.github.issues import Reporters
from tests.stand_ins.github.owners import Owners
from tests.stand_ins.github.state import CheckRun, Pull, Review, Status


class People(Owners, Reporters):
    """Deeds, each as one call; repositories are named "owner/name"."""

    def commit(
        self,
        full_name: str,
        files: Mapping[str, str | bytes | None],
        *,
        branch: str = "",
        login: str = "",
        message: str = "Change files",
        since: str = "",
    ) -> str:
        """Somebody pushes a commit that writes (None: deletes) these files; returns its name.

        A new branch starts at `since`, or at the default branch.
        """
        with self.state.lock:
            it = self.repository(full_name)
            who = login or it.owner
            branch = branch or it.default_branch
            old = bare.branches(it.path).get(branch)
            parent = old or bare.commit_of(it.path, since or it.default_branch)
            content = {
                file: text.encode() if isinstance(text, str) else text
                for file, text in files.items()
            }
            tree = bare.with_files(it.path, parent, content)
            person = pulls.person(self.state, who)
            parents = [parent] if parent else []
            sha = bare.commit_tree(it.path, tree, parents, f"{message}\n", person, person)
            bare.move(it.path, branch, sha)
            pulls.branch_moved(self.state, self.webhooks, it, branch, old or bare.NOBODY, sha, who)
            return sha

    def open_pull(
        self,
        full_name: str,
        head: str,
        *,
        login: str = "",
        base: str = "",
        title: str = "A change",
        body: str | None = None,
        draft: bool = False,
    ) -> Pull:
        """Somebody opens a pull request by hand."""
        with self.state.lock:
            it = self.repository(full_name)
            wanted = pulls.Proposal(head, base or it.default_branch, title, body, draft)
            return pulls.open_pull(self.state, self.webhooks, it, login or it.owner, wanted)

    def merge_pull(
        self, full_name: str, number: int, *, login: str = "", method: str = "merge"
    ) -> str:
        """Somebody presses "Merge"; a draft is made ready first. Returns the new commit."""
        with self.state.lock:
            it = self.repository(full_name)
            pull, who = it.pulls[number], login or it.owner
            pulls.set_draft(self.state, self.webhooks, it, pull, who, False)
            wish = pulls.MergeWish(method)
            return pulls.merge(self.state, self.webhooks, it, pull, who, wish)

    def close_pull(self, full_name: str, number: int, *, login: str = "") -> None:
        """Somebody presses "Close"."""
        with self.state.lock:
            it = self.repository(full_name)
            pulls.close(self.state, self.webhooks, it, it.pulls[number], login or it.owner)

    def reopen_pull(self, full_name: str, number: int, *, login: str = "") -> None:
        """Somebody presses "Reopen"."""
        with self.state.lock:
            it = self.repository(full_name)
            pulls.reopen(self.state, self.webhooks, it, it.pulls[number], login or it.owner)

    def edit_pull(
        self,
        full_name: str,
        number: int,
        *,
        login: str = "",
        title: str | None = None,
        body: str | None = None,
    ) -> None:
        """Somebody edits the words of a pull request."""
        with self.state.lock:
            it = self.repository(full_name)
            pull, who = it.pulls[number], login or it.owner
            pulls.edit(self.state, self.webhooks, it, pull, who, title=title, body=body)

    def set_draft(self, full_name: str, number: int, draft: bool, *, login: str = "") -> None:
        """Somebody marks a pull request as ready, or as a draft."""
        with self.state.lock:
            it = self.repository(full_name)
            pull, who = it.pulls[number], login or it.owner
            pulls.set_draft(self.state, self.webhooks, it, pull, who, draft)

    def delete_branch(self, full_name: str, branch: str, *, login: str = "") -> None:
        """Somebody deletes a branch."""
        with self.state.lock:
            it = self.repository(full_name)
            old = bare.branches(it.path)[branch]
            bare.git(it.path, "update-ref", "-d", f"refs/heads/{branch}", old)
            pulls.branch_moved(
                self.state, self.webhooks, it, branch, old, bare.NOBODY, login or it.owner
            )

    def approve(self, full_name: str, number: int, login: str) -> None:
        """Somebody approves."""
        with self.state.lock:
            pull = self.repository(full_name).pulls[number]
            now = self.state.now()
            pull.reviews.append(
                Review(self.state.next_id(), login, "", "APPROVED", pull.head_sha, now)
            )

    def label(self, full_name: str, number: int, name: str) -> None:
        """Somebody puts a label on a pull request or an issue, without an event."""
        with self.state.lock:
            it = self.repository(full_name)
            labels = (it.issues.get(number) or it.pulls[number]).labels
            labels.append(issue_routes.ensure_label(self.state, it, name).name)

    def report_status(
        self, full_name: str, sha: str, context: str, state: str, *, login: str = ""
    ) -> None:
        """Somebody's checks say something about a commit."""
        with self.state.lock:
            it = self.repository(full_name)
            status = Status(
                self.state.next_id(),
                state,
                context,
                None,
                None,
                login or it.owner,
                self.state.now(),
            )
            it.statuses.setdefault(sha, []).append(status)

    def report_check(self, full_name: str, sha: str, name: str, conclusion: str | None) -> CheckRun:
        """A check run, finished when it has a conclusion."""
        with self.state.lock:
            it = self.repository(full_name)
            now = self.state.now()
            status = "completed" if conclusion else "in_progress"
            run = CheckRun(
                self.state.next_id(),
                name,
                sha,
                status,
                conclusion,
                None,
                "",
                now,
                now if conclusion else None,
                {},
            )
            it.check_runs.setdefault(sha, []).append(run)
            return run
