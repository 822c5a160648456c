"""The form of a project's settings. It checks shapes; the services check rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms

from clusters.models import Project
from clusters.setting_fields import PHASES, HostsField, JsonListField, LinesField, NamesField


class Group(NamedTuple):
    """A section of the settings; `name` is its anchor."""

    name: str
    title: str
    fields: list[forms.BoundField]


_GUARD = "guard_"
_ACTIONS = {"block": "keep the change back", "warn": "show it", "off": "say nothing"}


class SettingsForm(forms.ModelForm[Project]):
    """How a project is worked on.

    `runners` are names and titles to choose from; `guard` maps each kind of finding to its title
    and to what happens when a project says nothing.
    """

    labels = NamesField(
        required=False, help_text="Put on every pull request, with commas between them."
    )
    reviewers = NamesField(
        required=False,
        help_text="Asked for a review when a fix is proven: logins, and teams as organisation/team, with commas between them.",
    )

    # With its limits, or the database's constraint would be quoted by its name.
    rounds = forms.IntegerField(
        label="Attempts",
        min_value=1,
        max_value=10,
        help_text="How often the agent may try until the tests prove the fix.",
    )

    runner = forms.ChoiceField(
        label="Default agent",
        required=False,
        help_text="Which agent works, and where, when nobody chooses at the start.",
    )
    enabled_runners = forms.MultipleChoiceField(
        label="Agents that people may choose",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None checked: every one.",
    )
    allowed_hosts = HostsField(
        help_text="Names of the public network, such as example.com or *.example.com for every name below it. They count where the network above is a list. Without a port: 80 and 443.",
    )
    before_agent = LinesField(
        label="Commands before the agent",
        help_text="One on each line, run in the sandbox after the set-up.",
    )
    after_agent = LinesField(
        label="Commands after the agent",
        help_text="One on each line, such as a formatter, run after each of its rounds.",
    )
    protected_paths = LinesField(
        rows=4,
        help_text="Patterns as in .gitignore, one on each line, besides those that are always protected: workflows, settings of agents and editors.",
    )
    mcp_servers = JsonListField(
        label="Servers of tools (MCP)",
        help_text='A list such as [{"name": "docs", "command": ["npx", "docs-server"], "environment": {}}], or with "url" instead of "command" for one elsewhere. Never a key: everybody in the team can read this.',
    )
    agent_hooks = JsonListField(
        label="Hooks of the agent",
        help_text='A list such as [{"event": "after_edit", "command": "make format"}]. Events: before_tool, after_edit, at_end. Agents without hooks ignore them.',
    )

    class Meta:
        model = Project
        fields = (
            "name",
            "base_branch",
            "branch_prefix",
            "folder",
            "labels",
            "reviewers",
            "requires_approval",
            "gate",
            "runner",
            "enabled_runners",
            "instructions",
            "setup_command",
            "setup_network",
            "agent_network",
            "allowed_hosts",
            "test_command",
            "lint_command",
            "before_agent",
            "after_agent",
            "mcp_servers",
            "agent_hooks",
            "protected_paths",
            "rounds",
            "time_limit_seconds",
            "setup_limit_seconds",
            "test_limit_seconds",
            "agent_limit_seconds",
            "idle_limit_seconds",
            "propose_fixes_at",
            "budget_usd",
            "budget_warning_percent",
            "allow_unisolated",
        )
        labels = {
            "requires_approval": "A person approves each plan before work begins",
            "gate": "A person approves each change before it is pushed",
            "folder": "Part of the repository",
            "lint_command": "Lint command",
            "setup_network": "During set-up, the sandbox may reach",
            "agent_network": "While the agent works, its commands may reach",
            "time_limit_seconds": "Time limit of a job, seconds",
            "setup_limit_seconds": "Time limit of each command of the set-up, seconds",
            "test_limit_seconds": "Time limit of the tests, seconds",
            "agent_limit_seconds": "Time limit of one attempt of the agent, seconds",
            "idle_limit_seconds": "Longest silence of the agent, seconds",
            "propose_fixes_at": "Propose a fix from this many people",
            "budget_usd": "Budget of a job, USD",
            "budget_warning_percent": "Warn at, percent of the budget",
            "allow_unisolated": "Allow runs without isolation",
        }
        help_texts = {
            "base_branch": "Fixes go here. Empty: the repository's default branch.",
            "branch_prefix": "Branches of fixes begin with this.",
            "folder": "A folder to work in, such as packages/api. Empty: the whole repository.",
            "gate": "The job waits with its proven change until somebody has looked at it.",
            "lint_command": "Checks the changed code. Empty: none.",
            "setup_network": "Nothing: dependencies have to be there already. Registries: what the installers of the project fetch packages from, and nothing else. The whole network: whatever the script of a dependency wants.",
            "agent_network": "An agent always reaches its own model. Tests and tools that it runs reach what is chosen here; the tests of the platform itself reach nothing.",
            "instructions": "Handed to the agent with every plan: conventions, what to leave alone.",
            "agent_limit_seconds": "The agent is ended then; what it committed is kept.",
            "idle_limit_seconds": "An agent that prints nothing for so long counts as hung and is ended with all it started.",
            "setup_command": "Installs dependencies. Empty: found from the project's files.",
            "test_command": "Runs the tests. Empty: found from the project's files.",
            "propose_fixes_at": "When as many people have reported the same, a job is proposed: it waits until somebody starts or rejects it. Empty: never.",
            "budget_usd": "What the agent's model may cost for one job. At the whole the agent stops, and what it committed is kept as a draft. Empty: no limit.",
            "allow_unisolated": "On a machine that cannot isolate, the agent's commands run with the rights of the server's own account. Only for repositories you trust.",
        }
        widgets = {
            "instructions": forms.Textarea(attrs={"rows": 4}),
            "setup_command": forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
            "test_command": forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
            "lint_command": forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
            "folder": forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        }

    GROUPS = (
        ("general", "General", ("name", "base_branch", "branch_prefix", "folder")),
        (
            "agent",
            "The agent",
            (
                "runner",
                "enabled_runners",
                "instructions",
                "rounds",
                "time_limit_seconds",
                "agent_limit_seconds",
                "idle_limit_seconds",
            ),
        ),
        (
            "tests",
            "Tests",
            (
                "setup_command",
                "setup_limit_seconds",
                "test_command",
                "test_limit_seconds",
                "lint_command",
            ),
        ),
        ("budget", "Budget", ("budget_usd", "budget_warning_percent")),
        (
            "network",
            "Network",
            ("setup_network", "agent_network", "allowed_hosts", "allow_unisolated"),
        ),
        ("tools", "Tools", ("before_agent", "after_agent", "mcp_servers", "agent_hooks")),
        (
            "guard",
            "Guard",
            ("requires_approval", "propose_fixes_at", "gate", "protected_paths"),
        ),
        ("pulls", "Pull requests", ("labels", "reviewers")),
    )

    def __init__(
        self,
        *args: Any,
        runners: Sequence[tuple[str, str]] = (),
        guard: Mapping[str, tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._offer(runners)
        self._guard = guard or {}
        for kind, (title, usual) in self._guard.items():
            choices = [("", f"As usual: {_ACTIONS[usual]}")]
            choices += [(action, said.capitalize()) for action, said in _ACTIONS.items()]
            self.fields[_GUARD + kind] = forms.ChoiceField(
                label=title, required=False, choices=choices
            )
            self.initial[_GUARD + kind] = self.instance.guard.get(kind, "")

    def groups(self) -> list[Group]:
        """The fields under their headings."""
        return [Group(name, title, self._fields(name, names)) for name, title, names in self.GROUPS]

    def changes(self) -> dict[str, Any]:
        """The settings that were changed; call it once the form is valid."""
        names = [name for name in self.changed_data if not name.startswith(_GUARD)]
        changed = {name: self.cleaned_data[name] for name in names}
        if len(names) < len(self.changed_data):
            kinds = {kind: self.cleaned_data[_GUARD + kind] for kind in self._guard}
            policy = {**self.instance.guard, **kinds}
            changed["guard"] = {kind: action for kind, action in policy.items() if action}
        return changed

    def host_rows(self) -> list[dict[str, Any]]:
        """The allowed hosts to show, and an empty row for one more."""
        rows = self["allowed_hosts"].value() or []
        return [*rows, {"host": "", "phase": "setup", "port": None}]

    @property
    def phases(self) -> Sequence[tuple[str, str]]:
        """What a host can be allowed for."""
        return PHASES

    def _offer(self, runners: Sequence[tuple[str, str]]) -> None:
        names = [name for name, _ in runners]
        kept = [*self.instance.enabled_runners, *([self.instance.runner or ""])]
        # What is set stays to be chosen, also when it is not there any more.
        gone = [(name, f"{name}, which is not there") for name in kept if name not in ["", *names]]
        known = [*runners, *dict(gone).items()]
        default, enabled = self.fields["runner"], self.fields["enabled_runners"]
        assert isinstance(default, forms.ChoiceField)
        assert isinstance(enabled, forms.ChoiceField)
        default.choices = [("", "The platform's default"), *known]
        enabled.choices = known

    def _fields(self, group: str, names: Sequence[str]) -> list[forms.BoundField]:
        guard = [_GUARD + kind for kind in self._guard] if group == "guard" else []
        return [self[name] for name in (*names, *guard)]
