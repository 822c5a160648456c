"""Secrets in a line of text: by detect-secrets, by shapes it does not know, and by randomness.

Of detect-secrets, the detectors are used and nothing else: its settings are global to a process,
and its guesses by keyword and by entropy alone would keep too much harmless code back.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin

# A line is looked at in pieces, so that no pattern can be made slow by its length.
PIECE = 4_000
_OVERLAP = 400
MAX_PIECES = 250

_DETECTORS = (
    "artifactory.ArtifactoryDetector",
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "basic_auth.BasicAuthDetector",
    "cloudant.CloudantDetector",
    "discord.DiscordBotTokenDetector",
    "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector",
    "ibm_cloud_iam.IbmCloudIamDetector",
    "ibm_cos_hmac.IbmCosHmacDetector",
    "jwt.JwtTokenDetector",
    "mailchimp.MailchimpDetector",
    "npm.NpmDetector",
    "openai.OpenAIDetector",
    "private_key.PrivateKeyDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "softlayer.SoftlayerDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)
_KNOWN = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})")),
    ("a GitLab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("an API key of a model provider", re.compile(r"\bsk-(?:ant-|proj-)?[\w-]{20,}")),
    ("a Google API key", re.compile(r"\bAIza[\w-]{35}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[\w-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_\w{20,}")),
    ("a PyPI token", re.compile(r"\bpypi-[\w-]{50,}")),
    ("an npm token", re.compile(r"\bnpm_\w{36}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    (
        "a password in an address",
        re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@'\"]+:[^\s/@'\"{}<>$]{6,}@"),
    ),
)
_ASSIGNED = re.compile(
    r"(?i)(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential)\w*"
    r"['\"]?\s*[:=]\s*['\"]([^'\"\s]{16,200})['\"]"
)
_ENTROPY = 3.7  # bits a character: words and paths stay below, random keys lie above


def secret_in(line: str) -> str:
    """What the line seems to hold, as in "looks like ..."; '' when it is harmless.

    Of a line of more than a million characters only the beginning is read; see `is_read_whole`.
    """
    return next((found for piece in _pieces(line) if (found := _in_piece(piece))), "")


def is_read_whole(line: str) -> bool:
    """Whether `secret_in` looks at all of it."""
    return len(line) <= MAX_PIECES * (PIECE - _OVERLAP)


def _pieces(line: str) -> Iterator[str]:
    step = PIECE - _OVERLAP
    for number in range(min(MAX_PIECES, max(1, math.ceil(len(line) / step)))):
        yield line[number * step : number * step + PIECE]


def _in_piece(text: str) -> str:
    for name, pattern in _KNOWN:
        if pattern.search(text):
            return name
    for detector in _detectors():
        if any(True for _ in detector.analyze_string(text)):
            return f"a secret of the kind “{detector.secret_type}”"
    assigned = _ASSIGNED.search(text)
    return "a secret value" if assigned and _is_random(assigned[1]) else ""


@cache
def _detectors() -> Sequence[BasePlugin]:
    from importlib import import_module  # it brings a library for HTTP that the web never needs

    found = []
    for name in _DETECTORS:
        module, _, detector = name.partition(".")
        found.append(getattr(import_module(f"detect_secrets.plugins.{module}"), detector)())
    return found


def _is_random(text: str) -> bool:
    mixed = any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text)
    return mixed and entropy(text) >= _ENTROPY


def entropy(text: str) -> float:
    """Shannon's entropy of the characters, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
