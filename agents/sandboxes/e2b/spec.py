"""What the supervisor in a machine is told about one command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath

from agents.sandboxes.base import Isolation, Network, Reach, SandboxError, SandboxSpec
from agents.sandboxes.e2b import layout
from agents.sandboxes.supervisor.spec import RunLimits, RunSpec

_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def run_spec(
    spec: SandboxSpec,
    argv: Sequence[str],
    cwd: str | None,
    env: Mapping[str, str] | None,
    timeout: float | None,
    network: Network,
) -> RunSpec:
    """The command for the supervisor; raises SandboxError for what cannot be run."""
    return RunSpec(
        tier=Isolation.NONE.value,  # nothing more is needed: the machine is the wall
        argv=_checked_argv(argv),
        env=_environment(env or {}, network),
        cwd=_checked_cwd(cwd),
        read_only=[],
        writable=[layout.ROOT, layout.TMP],
        etc_files={},
        limits=RunLimits(**asdict(spec.limits)),
        wall_seconds=spec.wall_seconds if timeout is None else min(timeout, spec.wall_seconds),
        lease_seconds=spec.lease_seconds,
        network=network.reach is not Reach.NONE,
        uid=layout.USER_ID,
        user_namespace=False,
        landlock=False,
    )


def _environment(env: Mapping[str, str], network: Network) -> dict[str, str]:
    own = {"PATH": layout.PATH, "HOME": layout.ROOT, "LANG": "C.UTF-8", "TMPDIR": layout.TMP}
    if any(each.headers for each in network.destinations):
        # To put headers on, E2B ends the encryption on its side with an authority of its own,
        # which is among the system's and not among those that many programs bring along.
        own |= dict.fromkeys(_CA_VARIABLES, layout.CA_BUNDLE)
    # git stops at a system-wide configuration that it may not read.
    own["GIT_CONFIG_NOSYSTEM"] = "1"
    for name, value in env.items():
        if not name or "=" in name or "\0" in name + value:
            raise SandboxError(f"{name[:100]!r} cannot be an environment variable.")
    return own | dict(env)


def _checked_cwd(cwd: str | None) -> str:
    path = PurePosixPath(cwd or layout.ROOT)
    if "\0" in str(path) or ".." in path.parts or not path.is_relative_to(layout.ROOT):
        raise SandboxError(f"{cwd} is not a folder inside the sandbox.")
    return str(path)


def _checked_argv(argv: Sequence[str]) -> list[str]:
    if not argv or not argv[0] or any("\0" in word for word in argv):
        raise SandboxError("This is not a command line that can be run.")
    return list(argv)
