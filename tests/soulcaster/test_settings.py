"""A setting that cannot be right stops the process with a sentence."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import Error, Warning
from pytest_django.fixtures import Settings

from soulcaster import checks

KEY = "k" * 40


PRINT = "from soulcaster import settings; print(settings.SECRET_KEY, settings.DATABASES['default']['ENGINE'])"


def load(
    tmp_path: Path, *, code: str = PRINT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of its own."""
    names = {
        "SECRET_KEY": KEY,
        "SOULCASTER_HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-c", code], env=names, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SOULCASTER_URL", "not an address"),
        ("DEBUG", "perhaps"),
        ("SOULCASTER_LEASE_SECONDS", "soon"),
        ("SOULCASTER_LEASE_SECONDS", "1"),
        ("DATABASE_URL", "oracle-of-delphi"),
        ("SOULCASTER_RECONCILE_SECONDS", "1"),
        ("GITHUB_WEBHOOK_SECRET", "new-secret,"),
        ("GITHUB_WEBHOOK_SECRET", "one,two,three"),
        ("GITHUB_URL", "github.com"),
        ("GITHUB_API_URL", "nowhere"),
        ("GITHUB_CLIENT_ID", "without-a-secret"),
        ("GITHUB_CLIENT_SECRET", "without-an-id"),
    ],
)
def test_nonsense_is_loud(tmp_path: Path, name: str, value: str) -> None:
    done = load(tmp_path, **{name: value})
    assert done.returncode != 0
    assert name in done.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY[::-1] + "file")
    done = load(tmp_path, SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key"))
    assert done.stdout.split()[0] == KEY[::-1] + "file"


def test_no_password_of_an_index_reaches_a_sandbox(tmp_path: Path) -> None:
    code = "from soulcaster import settings; print(settings.SETUP_ENVIRONMENT)"
    indexes = {
        "PIP_INDEX_URL": "https://robot:p@ss@index.example/simple/a@b",
        "PIP_EXTRA_INDEX_URL": "https://index.example:8443/simple https://token@other.example",
        "PIP_CERT": "/etc/ssl/own@here.pem",
    }
    done = load(tmp_path, code=code, **indexes)
    assert ast.literal_eval(done.stdout.strip()) == {
        "PIP_INDEX_URL": "https://index.example/simple/a@b",
        "PIP_EXTRA_INDEX_URL": "https://index.example:8443/simple https://other.example",
        "PIP_CERT": "/etc/ssl/own@here.pem",
    }


def test_the_secrets_of_webhooks_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("new-secret, old-secret\n")
    code = "from soulcaster import settings; print(settings.GITHUB_WEBHOOK_SECRETS)"
    done = load(tmp_path, code=code, GITHUB_WEBHOOK_SECRET_FILE=str(tmp_path / "secrets"))
    assert done.stdout.strip() == "['new-secret', 'old-secret']"


@pytest.mark.parametrize(
    ("secrets", "warned"), [([], False), (["x" * 16], False), (["x" * 16, "x" * 15], True)]
)
def test_a_short_secret_of_webhooks_is_warned_of(
    settings: Settings, secrets: list[str], warned: bool
) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = secrets
    assert [warning.id for warning in checks.webhook_secret(None)] == ["soulcaster.W002"] * warned


def test_a_database_may_be_postgres(tmp_path: Path) -> None:
    done = load(tmp_path, DATABASE_URL="postgres://app:secret@localhost/app")
    assert done.stdout.split()[1] == "django.db.backends.postgresql"


@pytest.mark.parametrize("name", ["kilo", "sandbox-kilo", "", "Local_Claude"])
def test_a_runner_name_is_a_pair(settings: Settings, name: str) -> None:
    settings.CODING_AGENT_RUNNER = name
    assert [error.id for error in checks.runner_name(None)] == ["soulcaster.E001"]


@pytest.mark.parametrize("name", ["sandbox_kilo", "local_builtin"])
def test_a_pair_is_a_runner_name(settings: Settings, name: str) -> None:
    settings.CODING_AGENT_RUNNER = name
    assert checks.runner_name(None) == []


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("claude", Error),
        ("nobody:model", Error),
        ("anthropic:", Error),
        ("anthropic:claude", Warning),
    ],
)
def test_a_model_needs_a_provider_and_a_key(
    settings: Settings, model: str, kind: type[Error]
) -> None:
    settings.MODEL = model
    assert [type(message) for message in checks.model_and_key(None)] == [kind]


def test_the_brokers_address_is_one(settings: Settings) -> None:
    settings.REDIS_URL = "http://localhost"
    assert [error.id for error in checks.redis_scheme(None)] == ["soulcaster.E003"]


@pytest.mark.parametrize(
    ("names", "leads_to"),
    [
        ({}, "["),
        ({"GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b"}, "https://github.com"),
        (
            {
                "GITHUB_CLIENT_ID": "a",
                "GITHUB_CLIENT_SECRET": "b",
                "GITHUB_URL": "http://hub.example:8080/",
            },
            "http://hub.example:8080",
        ),
    ],
)
def test_forms_lead_to_github_only_when_people_sign_in_with_it(
    tmp_path: Path, names: dict[str, str], leads_to: str
) -> None:
    code = (
        "from soulcaster import settings as s;"
        "print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    done = load(tmp_path, code=code, **names)
    assert leads_to in done.stdout
    assert ("github" in done.stdout) == (leads_to == "https://github.com")
