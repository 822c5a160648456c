"""What stands in the way of a fix, told on the plan's page before anybody starts one."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from django.core.cache import cache
from redis.exceptions import RedisError

from agents.services import jobs, prices, runners
from agents.services.starting import is_proposal
from clusters.forges.base import Finding, ForgeError
from clusters.models import Cluster, Project
from clusters.services import feedback, plans
from clusters.services.projects import repositories
from credentials.models import User

# Seconds that a page may show what was found before: the job looks again itself.
KEPT = 60


def findings(user: User, cluster: Cluster) -> list[Finding]:
    """Everything that is known to be in the way, as this person's token sees it; worst first."""
    running = jobs.active_fix(cluster)
    if running is not None and not is_proposal(running):
        said = f"Job {running.pk} works on this cluster already."
        return [Finding("job_active", "info", said)]
    plan = plans.current(cluster)
    paths = [file.path for file in plan.draft.files] if plan else []
    known = f"{user.pk}:{cluster.pk}:{cluster.project.repository}:{sorted(paths)}"
    key = f"preflight:{hashlib.sha256(known.encode()).hexdigest()}"
    found = _remembered(key)
    if found is None:
        found = _asked(user, cluster, paths)
        with suppress(RedisError):
            cache.set(key, found, KEPT)
    return [*found, *_about_budget(user, cluster.project)]


def _remembered(key: str) -> list[Finding] | None:
    try:
        found: list[Finding] | None = cache.get(key)
    except RedisError:  # the forge is asked each time
        return None
    return found


def _about_budget(user: User, project: Project) -> list[Finding]:
    """That the budget of a job cannot be kept, with the runner that nobody need choose."""
    if project.budget_usd is None:
        return []
    info = runners.active(user, project)
    if not info.model or prices.tariff(info.name, info.model).knows():
        return []
    said = prices.unpriced_text(info.model, project.budget_usd)
    return [Finding("budget_unpriced", "info", said)]


def _asked(user: User, cluster: Cluster, paths: list[str]) -> list[Finding]:
    try:
        forge = repositories.forge_of(cluster.project, user)
        return forge.findings(
            paths,
            f"{cluster.project.branch_prefix}{cluster.pk}-0",  # no job has this number
            base_branch=cluster.project.base_branch,
            issues=feedback.issue_numbers(cluster.pk, forge.repository),
            author=str(user),
        )
    except ForgeError as error:
        if error.code in {"rate_limited", "forge_unavailable"}:
            return [Finding(error.code, "info", str(error))]
        return [Finding(error.code, "block", str(error), error.fix_url)]
