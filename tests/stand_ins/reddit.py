"""A small Reddit over real HTTP: listings newest first, a search, comments, limits, tokens."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.stand_ins.github.http import Answer, Front, Request, json_answer

Json = dict[str, object]
_LISTING = re.compile(r"/r/(?P<name>\w+)/(?P<list>new|search|comments)(?:\.json)?")
AGENT = "web:soulcaster"


@dataclass
class Post:
    """A post, or a comment below one."""

    name: str
    subreddit: str
    author: str
    created: float
    title: str = ""
    text: str = ""
    below: str = ""  # the post that a comment stands below
    edited: float = 0.0
    score: int = 1
    nsfw: bool = False
    link: str = ""
    gone: str = ""  # deleted or removed: not in lists any more

    def shape(self) -> Json:
        """Its data as Reddit gives them."""
        data: Json = {
            "name": self.name,
            "id": self.name[3:],
            "subreddit": self.subreddit,
            "author": "[deleted]" if self.gone == "deleted" else self.author,
            "created_utc": self.created,
            "edited": self.edited or False,
            "score": self.score,
            "permalink": f"/r/{self.subreddit}/comments/{(self.below or self.name)[3:]}/_/",
        }
        text = f"[{self.gone}]" if self.gone else self.text
        if self.below:
            return data | {"body": text, "link_id": self.below, "parent_id": self.below}
        return data | {
            "title": self.title,
            "selftext": text,
            "is_self": not self.link,
            "url": self.link or f"https://www.reddit.com/r/{self.subreddit}",
            "over_18": self.nsfw,
            "num_comments": 0,
            "link_flair_text": None,
            "removed_by_category": self.gone or None,
        }


@dataclass
class Quota:
    """How many calls are left, and the seconds until there are more."""

    left: int = 100
    reset: int = 300


@dataclass
class RedditServer:
    """Start it and point a client at `url`."""

    posts: list[Post] = field(default_factory=list)
    quota: Quota = field(default_factory=Quota)
    apps: dict[str, str] = field(default_factory=dict)  # id -> secret
    only_apps: bool = False  # as towards servers that Reddit does not like
    calls: list[str] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)  # statuses of the next answers
    private: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._front = Front(self._answer)
        self._number = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._front.server_port}"

    def start(self) -> RedditServer:
        """Listen; returns itself."""
        self._front.begin()
        return self

    def stop(self) -> None:
        """Close the port."""
        self._front.end()
        assert not self._front.problems, self._front.problems

    def post(self, title: str, text: str = "", *, created: float, **more: object) -> Post:
        """Somebody posts."""
        return self._add("t3", created, title=title, text=text, **more)

    def say(self, post: Post, text: str, *, created: float) -> Post:
        """Somebody comments."""
        return self._add("t1", created, text=text, below=post.name)

    def _add(self, kind: str, created: float, **more: object) -> Post:
        self._number += 1
        fields: dict[str, object] = {"subreddit": "widgets", "author": "ann", **more}
        made = Post(f"{kind}_{self._number:x}", created=created, **fields)  # type: ignore[arg-type]
        self.posts.append(made)
        return made

    def _answer(self, request: Request) -> Answer:
        self.calls.append(request.path)
        if AGENT not in request.headers.get("user-agent", ""):
            return json_answer({"message": "Too Many Requests", "error": 429}, 429)
        if self.failing:
            return Answer(self.failing.pop(0), b"<html>", {"Content-Type": "text/html"})
        if request.path == "/api/v1/access_token":
            return self._token(request)
        if request.headers.get("authorization"):
            if request.headers["authorization"] != "Bearer a-token":
                return json_answer({"message": "Unauthorized", "error": 401}, 401)
        elif self.only_apps or not request.path.endswith(".json"):
            return Answer(403, b"<html>blocked</html>", {"Content-Type": "text/html"})
        answer = self._limited(request)
        headers = {"x-ratelimit-remaining": f"{self.quota.left}.0"}
        answer.headers |= headers | {"x-ratelimit-reset": str(self.quota.reset)}
        return answer

    def _limited(self, request: Request) -> Answer:
        if self.quota.left <= 0:
            return json_answer({"message": "Too Many Requests", "error": 429}, 429)
        self.quota.left -= 1
        return self._read(request)

    def _token(self, request: Request) -> Answer:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(value).decode().partition(":")
        grant = parse_qs(request.body.decode()).get("grant_type")
        if kind != "Basic" or self.apps.get(name) != secret or grant != ["client_credentials"]:
            return json_answer({"message": "Unauthorized", "error": 401}, 401)
        return json_answer({"access_token": "a-token", "token_type": "bearer"})

    def _read(self, request: Request) -> Answer:
        if request.path.startswith("/api/info"):
            names = request.query.get("id", "").split(",")
            return self._listing([post for post in self.posts if post.name in names], request)
        match = _LISTING.fullmatch(request.path)
        if match is None:
            return json_answer({"message": "Not Found", "error": 404}, 404)
        name = match["name"]
        if name in self.private:
            return json_answer({"reason": "private", "message": "Forbidden", "error": 403}, 403)
        if not any(post.subreddit == name for post in self.posts):
            return Answer(302, b"", {"Location": f"{self.url}/subreddits/search.json?q={name}"})
        words = request.query.get("q", "").lower()
        wanted = [
            post
            for post in self.posts
            if post.subreddit == name
            and bool(post.below) == (match["list"] == "comments")
            and not post.gone
            and words in f"{post.title} {post.text}".lower()
        ]
        return self._listing(sorted(wanted, key=lambda post: -post.created), request)

    def _listing(self, posts: list[Post], request: Request) -> Answer:
        limit = min(100, int(request.query.get("limit", 25)))
        names = [post.name for post in posts]
        after = request.query.get("after", "")
        start = names.index(after) + 1 if after in names else 0
        page = posts[start : start + limit]
        more = start + limit < len(posts)
        data = {
            "children": [{"kind": post.name[:2], "data": post.shape()} for post in page],
            "after": page[-1].name if page and more else None,
            "before": None,
        }
        return json_answer({"kind": "Listing", "data": data})
