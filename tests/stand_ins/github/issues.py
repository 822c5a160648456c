"""Issues, and what people do with them; each deed may be dated back (`at`, ISO 8601)."""

from __future__ import annotations

from collections.abc import Sequence

from tests.stand_ins.github import issue_shapes
from tests.stand_ins.github.issue_shapes import Thread
from tests.stand_ins.github.shapes import Json
from tests.stand_ins.github.state import Comment, Issue, Label, Repository, State
from tests.stand_ins.github.webhooks import Webhooks


class Reporters:
    """Deeds with issues; repositories are named "owner/name"."""

    state: State
    webhooks: Webhooks

    def open_issue(
        self,
        full_name: str,
        title: str = "It is broken",
        body: str | None = None,
        *,
        login: str = "",
        labels: Sequence[str] = (),
        at: str = "",
    ) -> Issue:
        """Somebody reports something."""
        with self.state.lock:
            it = _repository(self.state, full_name)
            when = at or self.state.now()
            it.last_number += 1
            who = login or it.owner
            issue = Issue(self.state.next_id(), it.last_number, title, body, who, when, when)
            for name in labels:
                it.labels.setdefault(name.lower(), Label(self.state.next_id(), name))
                issue.labels.append(name)
            it.issues[issue.number] = issue
            self._tell(it, issue, "opened", who)
            return issue

    def edit_issue(
        self,
        full_name: str,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        login: str = "",
        at: str = "",
    ) -> None:
        """Somebody edits the words of an issue."""
        with self.state.lock:
            it, issue = self._find(full_name, number)
            changes: Json = {}
            if title is not None:
                changes["title"], issue.title = {"from": issue.title}, title
            if body is not None:
                changes["body"], issue.body = {"from": issue.body or ""}, body
            issue.updated_at = at or self.state.now()
            self._tell(it, issue, "edited", login or issue.author, changes=changes)

    def close_issue(
        self, full_name: str, number: int, *, reason: str = "completed", at: str = ""
    ) -> None:
        """Somebody closes an issue."""
        with self.state.lock:
            it, issue = self._find(full_name, number)
            issue.state, issue.state_reason = "closed", reason
            issue.closed_at = issue.updated_at = at or self.state.now()
            self._tell(it, issue, "closed", it.owner)

    def reopen_issue(self, full_name: str, number: int, *, at: str = "") -> None:
        """Somebody opens a closed issue again."""
        with self.state.lock:
            it, issue = self._find(full_name, number)
            issue.state, issue.state_reason, issue.closed_at = "open", "reopened", None
            issue.updated_at = at or self.state.now()
            self._tell(it, issue, "reopened", it.owner)

    def delete_issue(self, full_name: str, number: int) -> None:
        """An owner deletes an issue: it is not there any more."""
        with self.state.lock:
            it, issue = self._find(full_name, number)
            del it.issues[number]
            self._tell(it, issue, "deleted", it.owner)

    def transfer_issue(self, full_name: str, number: int, to: str) -> Issue:
        """Somebody moves an issue to another repository, where it gets a number of its own."""
        with self.state.lock:
            it, issue = self._find(full_name, number)
            target = _repository(self.state, to)
            target.last_number += 1
            moved = Issue(
                self.state.next_id(),
                target.last_number,
                issue.title,
                issue.body,
                issue.author,
                issue.created_at,
                self.state.now(),
                comments=issue.comments,
            )
            del it.issues[number]
            target.issues[moved.number] = moved
            links = self.webhooks.links()
            changes = {
                "new_issue": issue_shapes.issue(links, self.state, target, moved),
                "new_repository": self.webhooks.repository_shape(target),
            }
            self._tell(it, issue, "transferred", it.owner, changes=changes)
            return moved

    def comment_issue(
        self, full_name: str, number: int, body: str, *, login: str = "", at: str = ""
    ) -> Comment:
        """Somebody says something below an issue, or a pull request."""
        with self.state.lock:
            it = _repository(self.state, full_name)
            issue = it.issues.get(number) or it.pulls[number]
            when = at or self.state.now()
            said = Comment(self.state.next_id(), login or it.owner, body, when, when)
            issue.comments.append(said)
            issue.updated_at = max(issue.updated_at, when)
            self._tell_comment(it, issue, said, "created", said.author)
            return said

    def edit_comment(
        self, full_name: str, number: int, comment_id: int, body: str, *, at: str = ""
    ) -> None:
        """Somebody edits what they said; the issue's own time stays."""
        with self.state.lock:
            it, issue = self._find(full_name, number)
            said = next(each for each in issue.comments if each.id == comment_id)
            changes = {"body": {"from": said.body}}
            said.body, said.updated_at = body, at or self.state.now()
            self._tell_comment(it, issue, said, "edited", said.author, changes=changes)

    def delete_comment(self, full_name: str, number: int, comment_id: int) -> None:
        """Somebody takes back what they said."""
        with self.state.lock:
            it, issue = self._find(full_name, number)
            said = next(each for each in issue.comments if each.id == comment_id)
            issue.comments.remove(said)
            self._tell_comment(it, issue, said, "deleted", said.author)

    def _find(self, full_name: str, number: int) -> tuple[Repository, Issue]:
        it = _repository(self.state, full_name)
        return it, it.issues[number]

    def _tell(self, it: Repository, issue: Issue, action: str, who: str, **more: object) -> None:
        shape = issue_shapes.issue(self.webhooks.links(), self.state, it, issue)
        self.webhooks.tell(it, "issues", {"action": action, "issue": shape, **more}, who)

    def _tell_comment(
        self, it: Repository, issue: Thread, said: Comment, action: str, who: str, **more: object
    ) -> None:
        links = self.webhooks.links()
        payload = {
            "action": action,
            "issue": issue_shapes.thread(links, self.state, it, issue),
            "comment": issue_shapes.comment(links, self.state, it, issue, said),
            **more,
        }
        self.webhooks.tell(it, "issue_comment", payload, who)


def _repository(state: State, full_name: str) -> Repository:
    found = state.find(full_name)
    assert found is not None, f"there is no repository {full_name}"
    return found
