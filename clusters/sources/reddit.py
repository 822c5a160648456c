"""Reddit: the new posts of a subreddit, or those that a search finds; comments where wanted.

Lists are newest first, so that a fetch reads back to what it knows and a little further, for what
was edited since. Posts that were read lately are looked at again: one that its author deleted, or
a moderator removed, loses its text here, too.

Settings: `subreddit`, `query` (a search within it), `comments` (false unless said otherwise),
`nsfw` (false unless said otherwise).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from clusters.forges.github.events import moment
from clusters.sources.base import (
    BODY_LIMIT,
    Filtered,
    IncomingComment,
    IncomingReport,
    Page,
    Read,
    Refused,
    SourceError,
)
from clusters.sources.build import RawReport, build_report
from clusters.sources.comments import build_comment, only_comments
from clusters.sources.reddit_client import RedditClient

Json = Mapping[str, Any]
Known = Callable[[Collection[str]], set[str]]  # of these ids, those that are stored

PER_PAGE = 100
MOST_PAGES = 10  # Reddit lists no more than a thousand
LOOK_BACK = 2 * 86_400.0  # seconds: posts and comments are edited soon or never
WATCHED = 100
GONE = "(removed on Reddit)"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{1,20}")
_FULL_NAME = re.compile(r"t[13]_[a-z0-9]{1,13}")


@dataclass(slots=True)
class _List:
    """How far a list was read: back to `known` (seconds), from `top`; `after` within a fetch."""

    known: float = 0.0
    top: float = 0.0
    after: str = ""

    @classmethod
    def of(cls, kept: object) -> _List:
        told: Json = kept if isinstance(kept, dict) else {}
        return cls(_number(told.get("known")), _number(told.get("top")), _text(told.get("after")))

    def kept(self) -> dict[str, Any]:
        return {"known": self.known, "top": self.top, "after": self.after}


@dataclass(slots=True)
class _State:
    posts: _List
    comments: _List
    watched: list[str] = field(default_factory=list)  # full names of posts, newest last
    done: int = 0

    @classmethod
    def of(cls, cursor: Json) -> _State:
        watched = cursor.get("watched")
        names = [name for name in watched if _FULL_NAME.fullmatch(str(name))] if watched else []
        done = cursor.get("done")
        lists = _List.of(cursor.get("posts")), _List.of(cursor.get("comments"))
        return cls(*lists, names[-WATCHED:], done if isinstance(done, int) else 0)

    def kept(self, *, running: bool = True) -> dict[str, Any]:
        told: dict[str, Any] = {
            "posts": self.posts.kept(),
            "comments": self.comments.kept(),
            "watched": self.watched[-WATCHED:],
        }
        return told | ({"done": self.done} if running else {})


class Reddit:
    """One subreddit. `known` says which reports are stored already."""

    kind = "reddit"
    label = "Reddit"

    def __init__(self, client: RedditClient, known: Known = lambda ids: set()) -> None:
        self._client = client
        self._known = known

    def pages(self, config: Json, cursor: Json) -> Iterator[Page]:
        """What is new since the cursor, page by page."""
        state, name = _State.of(cursor), _subreddit(config)
        path, query = _asked(name, config)
        seen: set[str] = set()
        for posts in self._back(state.posts, path, query):
            seen |= {_text(post.get("name")) for post in posts}
            state.done += len(posts)
            reports = self._read(posts, nsfw=config.get("nsfw") is True)
            taken = {each.external_id for each in reports if isinstance(each, IncomingReport)}
            fresh = [each for post in reversed(posts) if (each := _text(post.get("name"))) in taken]
            state.watched = [*dict.fromkeys([*state.watched, *fresh])][-WATCHED:]
            yield Page(reports, state.kept())
        yield Page(self._gone(state, seen), state.kept())
        if config.get("comments") is True:
            yield from self._comments(state, name)
        yield Page([], state.kept(running=False))

    def look(self, config: Json) -> str:
        """A sentence about what is there; raises SourceError."""
        name = _subreddit(config)
        path, query = _asked(name, config)
        found = _children(self._client.get(path, {**query, "limit": 5}))
        what = f"{len(found)} posts at least" if found else "no post that fits so far"
        return f"r/{name} can be read. It has {what}."

    def _back(self, at: _List, path: str, query: Json) -> Iterator[list[Json]]:
        """Pages, newest first, back to what is known; `at` is kept up to date."""
        for _ in range(MOST_PAGES):
            asked = {**query, "limit": PER_PAGE} | ({"after": at.after} if at.after else {})
            found = self._client.get(path, asked)
            listed, after = _children(found), _text(_part(found, "data").get("after"))
            times = [_number(each.get("created_utc")) for each in listed]
            at.top = max([at.top, *times])
            reached = bool(times) and min(times) < at.known - LOOK_BACK
            at.after = after if _FULL_NAME.fullmatch(after) and not reached else ""
            if not at.after:
                at.known = at.top
            yield listed
            if not at.after:
                return
        at.known, at.after = at.top, ""

    def _read(self, posts: Sequence[Json], *, nsfw: bool) -> list[Read]:
        known = self._known({_text(post.get("name")) for post in posts})
        return [_report(post, _text(post.get("name")) in known, nsfw=nsfw) for post in posts]

    def _gone(self, state: _State, seen: set[str]) -> list[Read]:
        """Posts that were read lately and are in no list any more: what became of them."""
        names = [name for name in state.watched if name not in seen]
        if not names:
            return []
        found = _children(self._client.get("/api/info", {"id": ",".join(names)}))
        gone = [post for post in found if _is_gone(post)]
        state.watched = [
            name for name in state.watched if name not in {_text(post.get("name")) for post in gone}
        ]
        known = self._known({_text(post.get("name")) for post in gone})
        return [_report(post, _text(post.get("name")) in known, nsfw=True) for post in gone]

    def _comments(self, state: _State, name: str) -> Iterator[Page]:
        for listed in self._back(state.comments, f"/r/{name}/comments", {}):
            found: dict[str, list[IncomingComment]] = defaultdict(list)
            for told in listed:
                comment = _comment(told)
                if comment is not None:
                    found[_text(told.get("link_id"))].append(comment)
            known = sorted(self._known(set(found)))
            yield Page([only_comments(post, found[post]) for post in known], state.kept())


def _asked(name: str, config: Json) -> tuple[str, dict[str, Any]]:
    query = _text(config.get("query")).strip()[:200]
    if not query:
        return f"/r/{name}/new", {}
    return f"/r/{name}/search", {"q": query, "restrict_sr": 1, "sort": "new", "type": "link"}


def _subreddit(config: Json) -> str:
    name = _text(config.get("subreddit")).removeprefix("r/")
    if not _NAME.fullmatch(name):
        said = "The source names no subreddit: give one, such as r/selfhosted."
        raise SourceError("source_misconfigured", said)
    return name


def _report(post: Json, known: bool, *, nsfw: bool) -> Read:
    name = _text(post.get("name"))
    if not _FULL_NAME.fullmatch(name):
        return Refused(0, "Reddit sent a post without a name.")
    if _is_gone(post):
        return _gone_report(post, name, known=known)
    if post.get("over_18") is True and not nsfw and not known:
        return Filtered("It is marked as not safe for work.")
    raw = RawReport(
        title=_text(post.get("title"))[:1000],
        body=_body(post),
        author=_author(post),
        external_id=name,
        url=_address(post),
        occurred_at=str(_number(post.get("created_utc")) or ""),
        extra=_extra(post),
    )
    report = build_report(0, raw)
    if isinstance(report, Refused):
        return report
    return replace(report, revised_at=_revised(post))


def _gone_report(post: Json, name: str, *, known: bool) -> Read:
    """Whoever deletes a text wants it gone here, too; that it was reported stays."""
    if not known:
        return Filtered("It was removed from Reddit before it was read.")
    report = build_report(0, RawReport(title=_text(post.get("title"))[:1000], body=GONE))
    if isinstance(report, Refused):
        return report
    now = datetime.now(UTC)
    return replace(report, external_id=name, revised_at=now, archived=True)


def _body(post: Json) -> str:
    """A post has a text, or an address that it leads to."""
    text = _text(post.get("selftext"))[: BODY_LIMIT * 2]
    leads_to = "" if post.get("is_self") else _text(post.get("url"))[:1000]
    return "\n\n".join(part for part in (text, leads_to) if part)


def _comment(told: Json) -> IncomingComment | None:
    if _is_gone(told) or _text(told.get("author")) == "AutoModerator":
        return None
    return build_comment(
        _text(told.get("name")),
        _text(told.get("body"))[: BODY_LIMIT * 2],
        author=_author(told),
        url=_address(told),
        occurred_at=moment(_number(told.get("created_utc"))),
        revised_at=_revised(told),
    )


def _extra(post: Json) -> dict[str, str]:
    facts = {
        "subreddit": _text(post.get("subreddit")),
        "flair": _text(post.get("link_flair_text")),
        "score": str(int(_number(post.get("score")))),
        "comments": str(int(_number(post.get("num_comments")))),
        "edited": "yes" if _number(post.get("edited")) else "",
        "nsfw": "yes" if post.get("over_18") is True else "",
    }
    return {name: value for name, value in facts.items() if value}


def _is_gone(told: Json) -> bool:
    marks = {"[deleted]", "[removed]"}
    texts = {_text(told.get("selftext")), _text(told.get("body"))}
    return bool(texts & marks) or bool(told.get("removed_by_category"))


def _revised(told: Json) -> datetime | None:
    """When it was changed last; `edited` is false where it never was."""
    return moment(_number(told.get("edited")) or _number(told.get("created_utc")) or None)


def _author(told: Json) -> str:
    name = _text(told.get("author"))
    return "" if name == "[deleted]" else name


def _address(told: Json) -> str:
    path = _text(told.get("permalink"))
    return f"https://www.reddit.com{path}" if path.startswith("/r/") else ""


def _children(found: Json) -> list[Json]:
    listed = _part(found, "data").get("children")
    if not isinstance(listed, list):
        said = "Reddit's answer was no list. It is tried again in a few minutes."
        raise SourceError("source_unreadable", said)
    parts = [_part(each, "data") for each in listed if isinstance(each, dict)]
    return [part for part in parts if part]


def _part(data: Json, name: str) -> Json:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode(errors="replace").decode()


def _number(value: object) -> float:
    """A finite number of seconds or points, 0 for anything else."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if fits and isinstance(value, int | float) and abs(value) < 1e12 else 0.0
