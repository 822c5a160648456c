"""Events, told to whoever asked for them: signed, in order, from a thread of their own."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import queue
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from tests.stand_ins.github import bare, shapes
from tests.stand_ins.github.pull_shapes import pull_request
from tests.stand_ins.github.shapes import Json, Links
from tests.stand_ins.github.state import Hook, Pull, Repository, State, node_id


@dataclass(frozen=True)
class Delivery:
    """One event for one hook. `status` is what the receiver answered, 0 when nobody did."""

    id: str
    hook: Hook
    event: str
    body: bytes
    status: int = 0

    @property
    def payload(self) -> Json:
        """The body, read."""
        payload: Json = json.loads(self.body)
        return payload

    def headers(self) -> dict[str, str]:
        """As GitHub sends them, with the signature of the body."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/044aadd",
            "X-GitHub-Event": self.event,
            "X-GitHub-Delivery": self.id,
            "X-GitHub-Hook-ID": str(self.hook.id),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
        }
        if self.hook.secret:
            key = self.hook.secret.encode()
            headers["X-Hub-Signature"] = "sha1=" + hmac.new(key, self.body, "sha1").hexdigest()
            digest = hmac.new(key, self.body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature-256"] = "sha256=" + digest
        return headers


class Webhooks:
    """Makes payloads, keeps every delivery, sends them one after the other."""

    def __init__(self, state: State, links: Callable[[], Links]) -> None:
        self.sent: list[Delivery] = []
        self._state = state
        self._links = links
        self._waiting: queue.Queue[Delivery | None] = queue.Queue()
        self._clock = itertools.count()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._thread = threading.Thread(target=self._deliver, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._waiting.put(None)

    def links(self) -> Links:
        """Addresses as payloads name them."""
        return self._links()

    def tell(self, it: Repository, event: str, payload: Json, sender: str) -> None:
        """Any other event."""
        if _listeners(it, event):
            self._tell(it, event, payload, sender)

    def repository_shape(self, it: Repository) -> Json:
        """A repository as events name it."""
        return shapes.repository(self._links(), self._state, it)

    def settle(self) -> None:
        """Wait until everything that happened so far has been told."""
        self._waiting.join()

    def again(self, delivery: Delivery) -> None:
        """Tell the same once more, as the "Redeliver" button does: with the same id."""
        self._waiting.put(delivery)

    def ping(self, it: Repository, hook: Hook) -> None:
        """The first event of a new hook."""
        payload = {
            "zen": "Keep it logically awesome.",
            "hook_id": hook.id,
            "hook": {
                "type": "Repository",
                "id": hook.id,
                "name": "web",
                "active": True,
                "events": sorted(hook.events) or ["*"],
                "config": {"content_type": "json", "insecure_ssl": "0", "url": hook.url},
                "created_at": self._state.now(),
                "updated_at": self._state.now(),
            },
        }
        self._tell(it, "ping", payload, it.owner, only=hook)

    def pull(self, it: Repository, pull: Pull, action: str, sender: str, **more: object) -> None:
        """An event about a pull request."""
        if not _listeners(it, "pull_request"):
            return
        payload = {
            "action": action,
            "number": pull.number,
            "pull_request": pull_request(self._links(), self._state, it, pull),
            **more,
        }
        self._tell(it, "pull_request", payload, sender)

    def repository(self, it: Repository, action: str, sender: str, **more: object) -> None:
        """An event about the repository itself."""
        self._tell(it, "repository", {"action": action, **more}, sender)

    def owner_shape(self, it: Repository) -> Json:
        """The owner, as the event of a transfer names the former one."""
        owner = self._state.account(it.owner)
        if owner.kind == "Organization":
            return {"organization": shapes.organisation(self._links(), owner)}
        return {"user": shapes.account(self._links(), owner)}

    def push(self, it: Repository, branch: str, before: str, after: str, sender: str) -> None:
        """A branch moved, came or went."""
        if not _listeners(it, "push"):
            return
        self._tell(
            it, "push", _push(self._links(), self._state, it, branch, before, after, sender), sender
        )

    def _tell(
        self, it: Repository, event: str, payload: Json, sender: str, only: Hook | None = None
    ) -> None:
        links = self._links()
        whole = {
            **payload,
            "repository": payload.get("repository") or shapes.repository(links, self._state, it),
            "sender": shapes.account(links, self._state.account(sender)),
        }
        owner = self._state.account(it.owner)
        if owner.kind == "Organization":
            whole["organization"] = shapes.organisation(links, owner)
        for hook in [only] if only else _listeners(it, event):
            body = json.dumps(whole).encode()
            self._waiting.put(Delivery(str(uuid.uuid4()), hook, event, body))

    def _deliver(self) -> None:
        while (delivery := self._waiting.get()) is not None:
            status = self._post(delivery)
            self.sent.append(
                Delivery(delivery.id, delivery.hook, delivery.event, delivery.body, status)
            )
            self._waiting.task_done()
        self._waiting.task_done()

    def _post(self, delivery: Delivery) -> int:
        request = urllib.request.Request(
            delivery.hook.url, data=delivery.body, headers=delivery.headers(), method="POST"
        )
        try:
            with self._opener.open(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def _listeners(it: Repository, event: str) -> list[Hook]:
    return [hook for hook in it.hooks if not hook.events or event in hook.events]


def _push(
    links: Links,
    state: State,
    it: Repository,
    branch: str,
    before: str,
    after: str,
    sender: str,
) -> Json:
    created, deleted = before == bare.NOBODY, after == bare.NOBODY
    page = links.page(it)
    span = [after] if created else [f"{before}..{after}"]
    names = (
        []
        if deleted
        else bare.git(it.path, "rev-list", "--reverse", "-n", "20", *span, "--").split()
    )
    commits = [_commit(links, it, name) for name in names]
    pusher = state.account(sender)
    return {
        "ref": f"refs/heads/{branch}",
        "before": before,
        "after": after,
        "created": created,
        "deleted": deleted,
        "forced": not created and not deleted and not bare.is_ancestor(it.path, before, after),
        "base_ref": None,
        "compare": f"{page}/compare/{before[:12]}...{after[:12]}",
        "commits": commits,
        "head_commit": None if deleted else _commit(links, it, after),
        "pusher": {"name": pusher.login, "email": pusher.noreply},
        "repository": shapes.repository(links, state, it)
        | {"master_branch": it.default_branch, "node_id": node_id("R", it.id)},
    }


def _commit(links: Links, it: Repository, sha: str) -> Json:
    form = "%T%x00%an%x00%ae%x00%cn%x00%ce%x00%cI%x00%B"
    tree, name, mail, by, by_mail, when, message = bare.git(
        it.path, "show", "-s", f"--format={form}", sha, "--"
    ).split("\0")
    changed: dict[str, list[str]] = {"A": [], "D": [], "M": []}
    for line in bare.git(
        it.path, "diff-tree", "--root", "--no-commit-id", "-r", "--name-status", sha
    ).splitlines():
        kind, file = line.split("\t", 1)
        changed.get(kind[0], changed["M"]).append(file)
    return {
        "id": sha,
        "tree_id": tree,
        "distinct": True,
        "message": message.rstrip("\n"),
        "timestamp": when,
        "url": f"{links.page(it)}/commit/{sha}",
        "author": {"name": name, "email": mail},
        "committer": {"name": by, "email": by_mail},
        "added": changed["A"],
        "removed": changed["D"],
        "modified": changed["M"],
    }
