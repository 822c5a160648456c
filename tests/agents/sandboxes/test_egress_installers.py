"""Real installers, real registries, and the gate in between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

import pytest

from agents.pipelines import registries
from agents.sandboxes.base import CommandResult, Destination, Network, Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider


@pytest.mark.slow
@pytest.mark.sdist
def test_pip_installs_through_the_gate(any_provider: LocalProvider) -> None:
    sandbox = any_provider.create(SandboxSpec("pip"))
    try:
        argv = ["python3", "-m", "pip", "install", "--no-cache-dir", "--target", "lib", "iniconfig"]
        allowed = _install(sandbox, argv, registries.of(sandbox))
        assert allowed.ok, allowed.text
        assert sandbox.run(["test", "-d", "lib/iniconfig"]).ok
        elsewhere = [Destination("registry.example")]
        refused = _install(sandbox, [*argv, "--retries=0", "--upgrade"], elsewhere)
    finally:
        sandbox.close()

    assert not refused.ok
    assert {each.port for each in refused.blocked} == {443}


@pytest.mark.slow
@pytest.mark.sdist
@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
def test_npm_installs_through_the_gate(any_provider: LocalProvider) -> None:
    sandbox = any_provider.create(SandboxSpec("npm"))
    argv = ["npm", "install", "--no-audit", "--no-fund", "--no-update-notifier", "is-number"]
    try:
        allowed = _install(sandbox, argv, registries.of(sandbox))
        assert allowed.ok, allowed.text
        assert sandbox.run(["test", "-d", "node_modules/is-number"]).ok
    finally:
        sandbox.close()


def _install(
    sandbox: Sandbox, argv: Sequence[str], destinations: Sequence[Destination]
) -> CommandResult:
    certificates = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    env = dict.fromkeys(("PIP_CERT", "NODE_EXTRA_CA_CERTS"), certificates)
    return sandbox.run(argv, env=env, timeout=90, network=Network.only(destinations))
