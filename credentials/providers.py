"""Whom keys open: what people should know about each provider. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """One provider, in words for people.

    `stops` completes "When it is revoked, ..."; `key_page` is where a key is made; `prefixes`
    are how its keys, and nobody else's, begin; `base_url` is where its cheap call goes; `gateway`
    says that a key may come with another address than the provider's own.
    """

    name: str
    title: str
    stops: str
    key_page: str
    base_url: str = ""
    prefixes: tuple[str, ...] = ()
    value: str = "Key"
    verifiable: bool = True
    gateway: bool = False


_MODELS = (
    "plans and agents that run on {0} models go on with the team's or the operator's key; "
    "without one, jobs end after plan and baseline"
)
_ALL = (
    ProviderInfo(
        "anthropic",
        "Anthropic",
        _MODELS.format("Anthropic"),
        "https://console.anthropic.com/settings/keys",
        "https://api.anthropic.com",
        ("sk-ant-",),
        gateway=True,
    ),
    ProviderInfo(
        "openai",
        "OpenAI",
        _MODELS.format("OpenAI"),
        "https://platform.openai.com/api-keys",
        "https://api.openai.com/v1",
        ("sk-proj-", "sk-svcacct-"),
        gateway=True,
    ),
    ProviderInfo(
        "openrouter",
        "OpenRouter",
        _MODELS.format("OpenRouter"),
        "https://openrouter.ai/settings/keys",
        "https://openrouter.ai/api/v1",
        ("sk-or-",),
    ),
    ProviderInfo(
        "google",
        "Google Gemini",
        _MODELS.format("Gemini"),
        "https://aistudio.google.com/apikey",
        "https://generativelanguage.googleapis.com",
        ("AIza",),
        gateway=True,
    ),
    ProviderInfo(
        "kilocode",
        "Kilo Code",
        "jobs with the Kilo Code agent cannot start",
        "https://app.kilo.ai/profile",
        verifiable=False,
    ),
    ProviderInfo(
        "e2b",
        "E2B",
        "jobs in E2B sandboxes cannot start",
        "https://e2b.dev/dashboard?tab=keys",
        "https://api.e2b.app",
        ("e2b_",),
    ),
    ProviderInfo(
        "aws",
        "Amazon Web Services",
        "jobs in sandboxes on AWS cannot start",
        "https://console.aws.amazon.com/iam/home#/security_credentials",
        prefixes=("AKIA", "ASIA"),
        value="Access key id and secret, as id:secret",
        verifiable=False,
    ),
    ProviderInfo(
        "ollama",
        "Ollama",
        "models of this Ollama are not used any more",
        "https://docs.ollama.com/faq",
        value="Address, such as http://localhost:11434",
    ),
    ProviderInfo(
        "github",
        "GitHub",
        "repositories of GitHub cannot be read, and no pull request can be opened or kept up to date",
        "https://github.com/settings/tokens/new?scopes=repo,read:user",
        "https://api.github.com",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        value="Token with the scopes repo and read:user",
    ),
    ProviderInfo(
        "slack",
        "Slack",
        "messages from Slack are not collected and none are sent there",
        "https://api.slack.com/apps",
        "https://slack.com/api",
        ("xoxb-", "xoxp-"),
        value="Bot token",
    ),
)
PROVIDERS: Mapping[str, ProviderInfo] = {info.name: info for info in _ALL}


def looks_like(secret: str) -> ProviderInfo | None:
    """The provider whose keys begin like this, when only one's do."""
    return next((info for info in _ALL if secret.startswith(info.prefixes)), None)
