"""What GitHub knows that speaks against starting a job, found with as few calls as possible."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from clusters.forges import merging
from clusters.forges.base import Finding, GitError
from clusters.forges.branches import shown
from clusters.forges.github import errors, reading
from clusters.forges.github.api import Api, Json
from clusters.forges.github.errors import WRITING, GitHubError
from clusters.forges.mirrors import Mirror
from clusters.forges.pulls import branch_taken

# Open pull requests of other people that are compared with the plan's files.
MOST_COMPARED = 30
_PAGE = 100
_ORDER = ("block", "warn", "info")
_CLOSING = r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+"


# The mirror, with the commits of these pull requests in it.
Heads = Callable[[Sequence[Json]], Mirror]


@dataclass(frozen=True, slots=True)
class Intent:
    """What a job is about to do. `mark` stands in the text of our own pull requests."""

    files: Collection[str]
    branch: str
    base_branch: str
    issues: Collection[int]
    mark: str


def inspect(api: Api, heads: Heads, intent: Intent) -> list[Finding]:
    """Everything that was found, the worst first. Raises when GitHub cannot be asked now."""
    try:
        api.account()
        found = list(_rights(api))
        if not any(one.severity == "block" for one in found):
            found += _base(api, intent)
            found += _others(api, heads, intent)
    except GitHubError as error:
        if error.code in {"forge_unavailable", "forge_refused"}:
            raise
        found = [Finding(error.code, "block", str(error), error.fix_url)]
    return sorted(found, key=lambda one: _ORDER.index(one.severity))


def _rights(api: Api) -> Iterator[Finding]:
    facts, given = api.facts(), api.client.scopes
    refused = None
    if facts.archived:
        refused = errors.archived(api.place)
    elif given is not None and not given & ({"repo"} if facts.private else WRITING):
        refused = errors.scope_missing(api.place)
    elif not facts.can_write:
        refused = errors.no_write_access(api.place)
    elif facts.maybe_empty and api.branch(facts.default_branch) is None:
        said = f"{facts.full_name} has no commits yet: push a first one and try again."
        refused = GitHubError("repository_empty", said, fix_url=api.place.url)
    if refused:
        yield Finding(refused.code, "block", str(refused), refused.fix_url)


def _base(api: Api, intent: Intent) -> Iterator[Finding]:
    name = intent.base_branch or api.facts().default_branch
    branch = api.branch(name)
    if branch is None:
        said = f"There is no branch “{shown(name)}” on GitHub: choose another as the base branch."
        yield Finding("repository_unavailable", "block", said, f"{api.place.url}/branches")
    elif branch.get("protected"):
        said = (
            f"“{shown(name)}” is protected on GitHub: the pull request can be opened, but merging "
            f"it may need {_wanted(branch)}."
        )
        yield Finding("base_protected", "warn", said, f"{api.place.url}/settings/branches")


def _wanted(branch: Json) -> str:
    checks = (branch.get("protection") or {}).get("required_status_checks") or {}
    names = [shown(str(name)) for name in checks.get("contexts") or ()][:5]
    return f"the checks {', '.join(names)}" if names else "reviews, checks or signed commits"


def _others(api: Api, heads: Heads, intent: Intent) -> Iterator[Finding]:
    listed = list(api.pulls(state="open", sort="updated", direction="desc"))
    if len(listed) == _PAGE and not any(api.is_of(data, intent.branch) for data in listed):
        listed += api.pulls_of(intent.branch, "open")
    family = re.sub(r"\d+$", "", intent.branch)
    strangers = []
    for data in listed:
        if api.is_of(data, intent.branch):
            yield from _on_our_branch(api, data, intent)
        elif _is_ours(api, data, intent) and str(data["head"]["ref"]).startswith(family):
            said = f"{_named(data)}, of an earlier job for the same reports, is still open."
            yield Finding("own_pr_open", "warn", said, str(data["html_url"]))
        elif reading.is_person(data):
            strangers.append(data)
    yield from _overlaps(api, heads, intent, strangers[:MOST_COMPARED])


def _on_our_branch(api: Api, data: Json, intent: Intent) -> Iterator[Finding]:
    if not _is_ours(api, data, intent):
        yield branch_taken(reading.pull(data))


def _is_ours(api: Api, data: Json, intent: Intent) -> bool:
    marked = bool(intent.mark) and intent.mark in (data.get("body") or "")
    return marked or reading.login(data) == api.account().login


def _overlaps(api: Api, heads: Heads, intent: Intent, pulls: Sequence[Json]) -> Iterator[Finding]:
    for data in pulls:
        if numbers := _linked(data, intent.issues, api.place.repository):
            said = f"{_named(data)} says that it closes #{numbers[0]}, which this job is about too."
            yield Finding("issue_in_progress", "warn", said, str(data["html_url"]))
    if not pulls or not intent.files:
        return
    try:
        touched = _touched(heads(pulls), pulls)
    except (GitError, GitHubError) as error:
        said = f"The open pull requests could not be compared with the plan's files: {error}"
        yield Finding("pulls_not_compared", "info", said, f"{api.place.url}/pulls")
        return
    for data, paths in touched:
        if both := sorted(paths & set(intent.files)):
            said = f"{_named(data)} changes {shown(both[0])}, which the plan means to change too."
            yield Finding("files_in_progress", "warn", said, str(data["html_url"]))


def _touched(mirror: Mirror, pulls: Sequence[Json]) -> list[tuple[Json, set[str]]]:
    """The paths that each changes: git tells them without a call of the API."""
    found = []
    for data in pulls:
        head = str(data["head"]["sha"])
        try:
            base = merging.merge_base(mirror.path, str(data["base"]["sha"]), head)
        except merging.ConflictError:
            continue  # without common history nothing can be in each other's way
        found.append((data, {file.path for file in mirror.changed(base, head)}))
    return found


def _linked(data: Json, issues: Collection[int], repository: str) -> list[int]:
    text = f"{data['title']}\n{data.get('body') or ''}"[:20_000]
    name = re.escape(repository)
    found = re.findall(
        rf"{_CLOSING}(?:{name}#|#|https?://[^\s/]+/{name}/issues/)(\d{{1,9}})\b",
        text,
        re.IGNORECASE,
    )
    return [number for number in map(int, found) if number in issues]


def _named(data: Json) -> str:
    return f"Pull request {data['number']} by {shown(reading.login(data))}"
