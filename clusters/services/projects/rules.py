"""What the settings of a project may say, each with a sentence for who said something else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from decimal import Decimal

from django.conf import settings
from pathspec import GitIgnoreSpec

from clusters.forges.branches import check_branch
from clusters.forges.git import GitError
from clusters.models import Project
from clusters.services.projects import hosts as host_rules
from clusters.services.projects import tools as tool_rules
from credentials.errors import Invalid

_DAY = 86_400  # seconds
_RUNNER = re.compile(r"[a-z0-9]{1,30}_[a-z0-9]{1,30}")
_LINE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,1000}")
_FOLDER = re.compile(r'[^\x00-\x1f\x7f\ud800-\udfff\\:*?"<>|]{0,200}')
_CENT, MOST_BUDGET = Decimal("0.01"), Decimal(100_000)  # USD
MOST_COMMANDS, MOST_PATTERNS, MOST_RUNNERS = 10, 50, 60


def check(changes: Mapping[str, object], project: Project) -> None:
    """Raises Invalid with the fields that cannot be used; `project` says what is not changed."""
    found = ((name, rule(changes[name])) for name, rule in _RULES.items() if name in changes)
    fields = {name: [text] for name, text in found if text}
    if not fields:
        together = ((name, rule(changes, project)) for name, rule in _TOGETHER.items())
        fields = {name: [text] for name, text in together if text}
    if fields:
        raise Invalid("invalid", "Some settings cannot be used.", fields=fields)


def _between(least: int, most: int) -> Callable[[object], str]:
    def rule(value: object) -> str:
        fits = isinstance(value, int) and least <= value <= most
        return "" if fits else f"A number from {least:,} to {most:,}."

    return rule


def _between_or_none(least: int, most: int) -> Callable[[object], str]:
    rule = _between(least, most)
    return lambda value: "" if value is None else rule(value)


def _budget(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal) and value.is_finite() and _CENT <= value <= MOST_BUDGET:
        return ""
    return f"An amount from {_CENT} to {MOST_BUDGET:,} US dollars, or nothing for no limit."


def _branch(value: object) -> str:
    return "" if not value or _can_be_branch(str(value)) else "No branch can have this name."


def _prefix(value: object) -> str:
    fits = _can_be_branch(f"{value}1-1")  # as the branch of a job is called
    return "" if fits else "No branch can begin with this: for example soulcaster/ is fine."


def _can_be_branch(name: str) -> bool:
    try:
        check_branch(name)
    except GitError:
        return False
    return True


def _command(value: object) -> str:
    try:
        shlex.split(str(value))
    except ValueError:
        return "This cannot be read as a command line: a quote or a backslash has no partner."
    return ""


def _runner(value: object) -> str:
    fits = isinstance(value, str) and (not value or _RUNNER.fullmatch(value))
    return "" if fits else "A runner is called as sandbox_agent, for example local_claude."


def _runners(value: object) -> str:
    names = value if isinstance(value, list) else [None]
    if len(names) > MOST_RUNNERS or not all(name and not _runner(name) for name in names):
        return f"Give at most {MOST_RUNNERS} runners, each called as sandbox_agent."
    return ""


def _commands(value: object) -> str:
    lines = value if isinstance(value, list) else [None]
    if len(lines) > MOST_COMMANDS or not all(_is_line(line) for line in lines):
        return f"Give at most {MOST_COMMANDS} commands of one line and 1,000 characters each."
    return next((said for line in lines if (said := _command(line))), "")


def _is_line(value: object, longest: int = 1000) -> bool:
    if not isinstance(value, str) or len(value) > longest:
        return False
    return bool(_LINE.fullmatch(value)) and bool(value.strip())


def _folder(value: object) -> str:
    said = "A folder below the repository's top, for example packages/api."
    if not isinstance(value, str) or not _FOLDER.fullmatch(value):
        return said
    parts = value.split("/") if value else []
    return said if any(part in {"", ".", "..", ".git"} for part in parts) else ""


def _patterns(value: object) -> str:
    lines = value if isinstance(value, list) else [None]
    if len(lines) > MOST_PATTERNS or not all(_is_line(line, 200) for line in lines):
        return f"Give at most {MOST_PATTERNS} patterns of one line and 200 characters each."
    try:
        GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return "Write patterns as in .gitignore: docs/, *.lock or /config/prod.yml."
    return ""


def _network(value: object) -> str:
    if value != Project.Network.OPEN or settings.OPEN_NETWORK:
        return ""
    return (
        "The operator has not opened the whole network to projects: allow single hosts, or ask them "
        "for SOULCASTER_OPEN_NETWORK."
    )


def _unisolated(value: object) -> str:
    if not value or settings.UNISOLATED_RUNS:
        return ""
    return (
        "The operator does not let projects run without isolation: ask them for "
        "SOULCASTER_UNISOLATED_RUNS, or for a machine that can isolate."
    )


def _hosts(value: object) -> str:
    entries = value if isinstance(value, list) else [None]
    if len(entries) > host_rules.MOST_HOSTS:
        return f"At most {host_rules.MOST_HOSTS} hosts can be allowed: use *.name, or fewer."
    return next((said for each in entries if (said := host_rules.problem_with(each))), "")


def _default_is_enabled(changes: Mapping[str, object], project: Project) -> str:
    enabled = changes.get("enabled_runners", project.enabled_runners)
    if not {"runner", "enabled_runners"} & set(changes) or not enabled:
        return ""
    name = changes.get("runner", project.runner) or settings.CODING_AGENT_RUNNER
    assert isinstance(enabled, list)  # by the rule above
    if name in enabled:
        return ""
    return f"{name} would be the default, but it is switched off: choose one that is enabled."


def _servers_are_reachable(changes: Mapping[str, object], project: Project) -> str:
    """A server elsewhere is of no use to an agent whose network does not lead there."""
    if "mcp_servers" not in changes:
        return ""
    reach = changes.get("agent_network", project.agent_network)
    allowed = changes.get("allowed_hosts", project.allowed_hosts)
    assert isinstance(allowed, list)  # by the rule above
    if reach == Project.Network.OPEN:
        return ""
    named = [each["host"] for each in allowed if each["phase"] == "agent"]
    missing = [host for host in tool_rules.hosts_of(changes["mcp_servers"]) if not _in(host, named)]
    if missing or (reach == Project.Network.NONE and tool_rules.hosts_of(changes["mcp_servers"])):
        names = ", ".join(missing) or "the server's host"
        return f"The agent could not reach it: let its network be a list, and allow {names} for it."
    return ""


def _in(host: str, named: list[str]) -> bool:
    wild = [name.removeprefix("*") for name in named if name.startswith("*.")]
    return host in named or host.endswith(tuple(wild))


_TOGETHER: Mapping[str, Callable[[Mapping[str, object], Project], str]] = {
    "runner": _default_is_enabled,
    "mcp_servers": _servers_are_reachable,
}
_RULES: Mapping[str, Callable[[object], str]] = {
    "base_branch": _branch,
    "branch_prefix": _prefix,
    "rounds": _between(1, 10),
    "time_limit_seconds": _between(1, _DAY),
    "setup_limit_seconds": _between(1, _DAY),
    "test_limit_seconds": _between(1, _DAY),
    "agent_limit_seconds": _between(10, _DAY),
    "idle_limit_seconds": _between(10, _DAY),
    "setup_command": _command,
    "test_command": _command,
    "budget_usd": _budget,
    "propose_fixes_at": _between_or_none(1, 100_000),
    "budget_warning_percent": _between(1, 100),
    "lint_command": _command,
    "setup_network": _network,
    "agent_network": _network,
    "allow_unisolated": _unisolated,
    "runner": _runner,
    "enabled_runners": _runners,
    "folder": _folder,
    "before_agent": _commands,
    "after_agent": _commands,
    "protected_paths": _patterns,
    "allowed_hosts": _hosts,
    "mcp_servers": tool_rules.problem_with_servers,
    "agent_hooks": tool_rules.problem_with_hooks,
}
