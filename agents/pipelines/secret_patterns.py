"""Well-known shapes of secrets, and values that are too random to be anything else."""

from __future__ import annotations

import math
import re
from collections import Counter

MAX_LINE = 4_000

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
    """What the line seems to hold, as in "looks like ..."; '' when it is harmless."""
    line = line[:MAX_LINE]
    for name, pattern in _KNOWN:
        if pattern.search(line):
            return name
    assigned = _ASSIGNED.search(line)
    return "a secret value" if assigned and _is_random(assigned[1]) else ""


def _is_random(text: str) -> bool:
    mixed = any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text)
    return mixed and entropy(text) >= _ENTROPY


def entropy(text: str) -> float:
    """Shannon's entropy of the characters, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
