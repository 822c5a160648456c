"""How a repository's tests are run, by the files it has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

_BY_FILE = (
    ("go.mod", "go test ./..."),
    ("Cargo.toml", "cargo test"),
    ("pom.xml", "mvn test"),
    ("build.gradle", "gradle test"),
    ("build.gradle.kts", "gradle test"),
    ("mix.exs", "mix test"),
    ("Gemfile", "bundle exec rake test"),
    ("composer.json", "composer test"),
)


def test_commands(files: Mapping[str, str], tests: Sequence[str]) -> list[str]:
    """The commands, the narrowest first: those tests alone where the tool can, then all."""
    python = [path for path in tests if path.endswith(".py")]
    commands = [f"python -m pytest {' '.join(python[:3])}"] if python else []
    if python or "pytest.ini" in files or "pyproject.toml" in files or "setup.py" in files:
        commands.append("python -m pytest")
    if _has_npm_test(files.get("package.json", "")):
        commands.append("npm test")
    commands += [command for name, command in _BY_FILE if name in files]
    return list(dict.fromkeys(commands))


def _has_npm_test(package: str) -> bool:
    try:
        content = json.loads(package or "{}")
    except (ValueError, RecursionError):
        return False
    scripts = content.get("scripts") if isinstance(content, dict) else None
    return isinstance(scripts, dict) and "test" in scripts
