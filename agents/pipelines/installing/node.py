"""node_modules, by the package manager that the project uses and as its lock file says.

Scripts of packages run: here as well as when tests load them they are a stranger's code, in the
sandbox, with nothing but the network of setup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agents.pipelines.commands import Ended
from agents.pipelines.detecting.base import NodeNeeds, Project
from agents.pipelines.installing.base import NOT_INSTALLED, Installed, Installer
from agents.pipelines.quoting import one_line

_ENV = {
    "CI": "true",
    "NPM_CONFIG_AUDIT": "false",
    "NPM_CONFIG_FUND": "false",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    "NPM_CONFIG_PROGRESS": "false",
    "YARN_ENABLE_TELEMETRY": "0",
    # Plug'n'Play has no node_modules, where test frameworks are looked for.
    "YARN_NODE_LINKER": "node-modules",
}
# Yarn asks a registry of its own and knows no proxy of the environment.
_AS_NPM = """
YARN_REGISTRY=$(npm config get registry)
export YARN_REGISTRY YARN_NPM_REGISTRY_SERVER="$YARN_REGISTRY"
if [ -n "${HTTPS_PROXY-}" ]; then
  export YARN_HTTP_PROXY="$HTTPS_PROXY" YARN_HTTPS_PROXY="$HTTPS_PROXY"
fi
exec "$@"
"""
_ERROR, _ITS_LOG = "npm error ", "A complete log"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_DOES_NOT_FIT = "npm error code EUSAGE"
_WITHOUT_LOCK = ("npm", "install", "--no-package-lock")


def install(installer: Installer, project: Project) -> Installed:
    """Install the packages; what could not be done is told in notes: tests may run all the same."""
    needs = project.node
    if needs is None or not needs.declared:
        return Installed()
    if not installer.may_install:
        return Installed([NOT_INSTALLED])
    if needs.manager == "npm":
        return Installed(_install(installer, needs, _command(needs, ["npm"])))
    start, notes = _manager(installer, needs)
    command = _command(needs, start) if start else _WITHOUT_LOCK
    return Installed([*notes, *_install(installer, needs, command)])


def _install(installer: Installer, needs: NodeNeeds, argv: Sequence[str]) -> list[str]:
    env = _environment(installer)
    asked = ["sh", "-ec", _AS_NPM, "sh", *argv] if needs.manager == "yarn" else argv
    ended = installer.install("packages", asked, folder=needs.folder, env=env, shown=argv)
    if ended.ok:
        return []
    failed = f"{needs.manager} could not install the packages: {_why(ended)}"
    if _DOES_NOT_FIT not in ended.tail:
        return [failed]
    again = installer.install("unlocked", _WITHOUT_LOCK, folder=needs.folder, env=env)
    if again.ok:
        return ["The lock file does not fit package.json, so packages are installed without it."]
    return [failed, f"Without the lock file, too: {_why(again)}"]


def _why(ended: Ended) -> str:
    """The line that says what went wrong: npm's last ones are about its own log."""
    lines = [_COLOUR.sub("", line).strip() for line in ended.tail.splitlines()]
    said = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    telling = [line for line in said if len(line.split()) > 3 and not line.startswith(_ITS_LOG)]
    return one_line(telling[0])[:300] if telling else ended.last_line


def _command(needs: NodeNeeds, start: Sequence[str]) -> list[str]:
    """The install command that keeps to the lock file; without one, nothing is locked."""
    match needs.manager:
        case "pnpm":
            return [*start, "install", "--frozen-lockfile" if needs.locked else "--no-lockfile"]
        case "yarn" if _is_classic(needs.version):
            return [*start, "install", "--frozen-lockfile" if needs.locked else "--no-lockfile"]
        case "yarn":
            return [*start, "install", "--immutable" if needs.locked else "--no-immutable"]
        case _:
            return ["npm", "ci"] if needs.locked else list(_WITHOUT_LOCK)


def _manager(installer: Installer, needs: NodeNeeds) -> tuple[list[str], list[str]]:
    """How the manager is started: as it is there, else fetched by npm; and what to say about it."""
    if installer.has(needs.manager):
        return [needs.manager], []
    tools = f"{installer.sandbox.root}/tools"
    argv = ["npm", "install", "--global", f"--prefix={tools}", _package(needs)]
    ended = installer.install("manager", argv, env=_environment(installer))
    if ended.ok:
        return [f"{tools}/bin/{needs.manager}"], []
    note = f"{needs.manager} could not be had, so npm installs without the lock file: {ended.last_line}"
    return [], [note]


def _package(needs: NodeNeeds) -> str:
    newer = needs.manager == "yarn" and not _is_classic(needs.version)
    name = "@yarnpkg/cli-dist" if newer else needs.manager
    return f"{name}@{needs.version}" if needs.version else name


def _is_classic(version: str) -> bool:
    return version.partition(".")[0] in {"", "0", "1"}


def _environment(installer: Installer) -> Mapping[str, str]:
    root = installer.sandbox.root
    return {
        **_ENV,
        "YARN_GLOBAL_FOLDER": f"{root}/.yarn",
        "NPM_CONFIG_STORE_DIR": f"{root}/.pnpm-store",
    }
