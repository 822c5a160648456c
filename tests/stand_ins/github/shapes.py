"""Accounts and repositories as GitHub's JSON, whole: every field that its description requires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.stand_ins.github.state import Account, Repository, State, at_least, node_id

Json = dict[str, Any]

_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_NOTHING_YET = (
    "forks",
    "forks_count",
    "stargazers_count",
    "watchers",
    "watchers_count",
    "network_count",
    "subscribers_count",
)


@dataclass(frozen=True)
class Links:
    """Where the caller found us: API addresses keep the prefix that was used."""

    web: str
    api: str

    def repository(self, repository: Repository) -> str:
        return f"{self.api}/repos/{repository.full_name}"

    def page(self, repository: Repository) -> str:
        return f"{self.web}/{repository.full_name}"


def account(links: Links, who: Account) -> Json:
    """A simple user, or an organisation in the place of one."""
    own = f"{links.api}/users/{who.login}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id("U", who.id),
        "avatar_url": f"{links.web}/avatars/u/{who.id}?v=4",
        "gravatar_id": "",
        "url": own,
        "html_url": f"{links.web}/{who.login}",
        "followers_url": f"{own}/followers",
        "following_url": f"{own}/following{{/other_user}}",
        "gists_url": f"{own}/gists{{/gist_id}}",
        "starred_url": f"{own}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{own}/subscriptions",
        "organizations_url": f"{own}/orgs",
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events{{/privacy}}",
        "received_events_url": f"{own}/received_events",
        "type": who.kind,
        "site_admin": False,
        "user_view_type": "public",
    }


def public_person(links: Links, who: Account, repositories: int) -> Json:
    """What everybody sees of a person."""
    return account(links, who) | {
        "name": who.name or None,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": repositories,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": who.created_at,
        "updated_at": who.created_at,
    }


def private_person(links: Links, who: Account, public: int, private: int) -> Json:
    """What a person sees of herself."""
    return public_person(links, who, public) | {
        "private_gists": 0,
        "total_private_repos": private,
        "owned_private_repos": private,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }


def organisation(links: Links, who: Account) -> Json:
    """An organisation in a list."""
    own = f"{links.api}/orgs/{who.login}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id("O", who.id),
        "url": own,
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events",
        "hooks_url": f"{own}/hooks",
        "issues_url": f"{own}/issues",
        "members_url": f"{own}/members{{/member}}",
        "public_members_url": f"{own}/public_members{{/member}}",
        "avatar_url": f"{links.web}/avatars/u/{who.id}?v=4",
        "description": None,
    }


def whole_organisation(links: Links, who: Account, repositories: int) -> Json:
    """An organisation on its own."""
    return organisation(links, who) | {
        "name": who.name or who.login,
        "html_url": f"{links.web}/{who.login}",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": repositories,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": who.created_at,
        "updated_at": who.created_at,
        "archived_at": None,
    }


def repository(links: Links, state: State, it: Repository, viewer: str | None = None) -> Json:
    """A repository; `permissions` only for somebody who is signed in."""
    own = links.repository(it)
    page = links.page(it)
    open_threads = sum(pull.state == "open" for pull in it.pulls.values())
    open_threads += sum(issue.state == "open" for issue in it.issues.values())
    shape: Json = {
        "id": it.id,
        "node_id": node_id("R", it.id),
        "name": it.name,
        "full_name": it.full_name,
        "private": it.private,
        "owner": account(links, state.account(it.owner)),
        "html_url": page,
        "url": own,
        "description": None,
        "fork": False,
        **{name: own + tail for name, tail in _REPOSITORY_LINKS.items()},
        **dict.fromkeys(_NOTHING_YET, 0),
        "clone_url": f"{page}.git",
        "git_url": f"git://{links.web.split('//')[1]}/{it.full_name}.git",
        "ssh_url": f"git@{links.web.split('//')[1].split(':')[0]}:{it.full_name}.git",
        "svn_url": page,
        "homepage": None,
        "mirror_url": None,
        "language": None,
        "license": None,
        "size": 0 if _is_empty(it) else 12,
        "default_branch": it.default_branch,
        "archived": it.archived,
        "disabled": False,
        "visibility": "private" if it.private else "public",
        "is_template": False,
        "topics": [],
        "has_issues": it.has_issues,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "open_issues": open_threads,
        "open_issues_count": open_threads,
        "created_at": it.created_at,
        "updated_at": it.updated_at,
        "pushed_at": it.pushed_at,
    }
    if viewer is not None:
        shape["permissions"] = permissions(state.right_of(viewer, it))
    return shape


def permissions(right: str) -> Json:
    """The rights that a right includes."""
    names = {
        "admin": "admin",
        "maintain": "maintain",
        "push": "write",
        "triage": "triage",
        "pull": "read",
    }
    return {name: at_least(right, wanted) for name, wanted in names.items()}


def _is_empty(it: Repository) -> bool:
    heads = it.path / "refs" / "heads"
    packed = it.path / "packed-refs"
    return not any(each.is_file() for each in heads.rglob("*")) and not (
        packed.exists() and " refs/heads/" in packed.read_text()
    )
