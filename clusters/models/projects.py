"""Projects: one connected repository each, and where their feedback comes from."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from credentials.models import Team
from credentials.querysets import TeamScoped


class ProjectQuerySet(TeamScoped["Project"]):
    """Projects of a viewer's teams."""


class Project(models.Model):
    """One connected repository with its settings."""

    class Forge(models.TextChoices):
        """Where the code lives."""

        LOCAL = "local", "Local repository"
        GITHUB = "github", "GitHub"

    class Network(models.TextChoices):
        """What a phase of a job may reach. An agent's own model does not count."""

        NONE = "none", "Nothing"
        LIST = "list", "Package registries and the hosts below"
        OPEN = "open", "The whole network"

    team = models.ForeignKey(Team, models.CASCADE, related_name="projects")
    name = models.CharField(max_length=200)
    forge = models.CharField(max_length=10, choices=Forge, default=Forge.LOCAL)
    # "owner/name" on GitHub, an absolute path for a local repository.
    repository = models.CharField(max_length=1000)
    base_branch = models.CharField(
        max_length=200, blank=True, help_text="Empty: the default branch."
    )
    branch_prefix = models.CharField(max_length=50, default="soulcaster/")
    requires_approval = models.BooleanField(default=True)
    runner = models.CharField(max_length=64, blank=True, help_text="Empty: the platform's default.")
    enabled_runners = models.JSONField(default=list, blank=True)  # names; empty: every one
    instructions = models.TextField(blank=True, max_length=20_000)
    setup_command = models.CharField(max_length=1000, blank=True)
    test_command = models.CharField(max_length=1000, blank=True)
    lint_command = models.CharField(max_length=1000, blank=True)
    # The part of the repository to work in, such as "packages/api"; empty: all of it.
    folder = models.CharField(max_length=200, blank=True)
    # Commands before the agent begins and after it ended, each one line.
    before_agent = models.JSONField(default=list, blank=True)
    after_agent = models.JSONField(default=list, blank=True)
    setup_network = models.CharField(max_length=10, choices=Network, default=Network.LIST)
    agent_network = models.CharField(max_length=10, choices=Network, default=Network.NONE)
    # [{"host": "*.example.com", "phase": "setup" | "agent", "port": 443 or null}]
    allowed_hosts = models.JSONField(default=list, blank=True)
    # What agents are handed: [{"name", "command": [...] or "url", "environment": {}}], and
    # [{"event", "command"}]. Never a secret.
    mcp_servers = models.JSONField(default=list, blank=True)
    agent_hooks = models.JSONField(default=list, blank=True)
    allow_unisolated = models.BooleanField(default=False)
    rounds = models.PositiveSmallIntegerField(default=3)
    time_limit_seconds = models.PositiveIntegerField(default=1800)
    test_limit_seconds = models.PositiveIntegerField(default=600)
    setup_limit_seconds = models.PositiveIntegerField(default=600)
    agent_limit_seconds = models.PositiveIntegerField(default=1500)  # of one round
    # Seconds of silence after which an agent counts as hung.
    idle_limit_seconds = models.PositiveIntegerField(default=600)
    # From how many reporters on a fix is proposed, for a person to approve; none: never.
    propose_fixes_at = models.PositiveIntegerField(null=True, blank=True)
    guard = models.JSONField(default=dict, blank=True)  # finding kind -> block | warn | off
    protected_paths = models.JSONField(default=list, blank=True)  # patterns besides our own
    # A person has to look at the change before it is pushed.
    gate = models.BooleanField(default=False)
    # What one job may cost, in USD; none: no limit. A warning comes at the share, in percent.
    budget_usd = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    budget_warning_percent = models.PositiveSmallIntegerField(default=80)
    labels = models.JSONField(default=list, blank=True)  # put on every pull request
    # Who is asked to review a proven fix: logins, and teams as "organisation/team".
    reviewers = models.JSONField(default=list, blank=True)
    # How alike two reports must be, learnt from this project's own corrections; empty: default.
    grouping = models.JSONField(default=dict, blank=True)
    # Grows with every change of what belongs to which cluster, so that an index of a worker's
    # knows whether it is still right.
    membership_version = models.PositiveBigIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="one_project_name_per_team"),
            models.CheckConstraint(
                condition=models.Q(rounds__gte=1, rounds__lte=10), name="project_rounds"
            ),
        ]

    def __str__(self) -> str:
        return self.name
