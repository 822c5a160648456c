"""JavaScript and TypeScript projects: package.json, its lock file and its test script."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agents.pipelines.detecting import scripts
from agents.pipelines.detecting.base import Files, NodeNeeds, Project
from agents.pipelines.test_files import is_javascript_test

_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_MANAGER = re.compile(r"(npm|pnpm|yarn)@(\d[\w.-]*)(\+.*)?")
_FRAMEWORKS = ("vitest", "jest", "mocha")
# What `npm init` writes.
_NO_TEST = "no test specified"
_OF_PNPM = {"5": "7", "6": "8", "9": "9"}


class _Package(BaseModel):
    """The parts of package.json that matter here; what is of another type counts as absent."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    scripts: dict[str, object] = {}
    dependencies: dict[str, object] = {}
    development: dict[str, object] = Field({}, alias="devDependencies")
    optional: dict[str, object] = Field({}, alias="optionalDependencies")
    peers: dict[str, object] = Field({}, alias="peerDependencies")
    manager: str = Field("", alias="packageManager")
    workspaces: object = None

    @field_validator("scripts", "dependencies", "development", "optional", "peers", mode="before")
    @classmethod
    def _table(cls, value: object) -> object:
        return value if isinstance(value, dict) else {}

    @field_validator("manager", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return value if isinstance(value, str) else ""

    @property
    def packages(self) -> frozenset[str]:
        return frozenset([*self.dependencies, *self.development, *self.optional])


def detect(files: Files) -> Project | None:
    """A project with package.json, or with nothing but tests in JavaScript."""
    modules = [path for path in files.paths if is_javascript_test(path)]
    if "package.json" not in files.known:
        return _without_package(files, modules)
    package = _package(files)
    call = _call(files, package, modules)
    return Project(
        kind=_kind(files, package, modules),
        folder=files.folder,
        framework=call.framework if call else "",
        command=call.argv if call else [],
        environment=call.environment if call else {},
        has_tests=call is not None,
        programs=["node"],
        node=_needs(files, package),
    )


def _without_package(files: Files, modules: Sequence[str]) -> Project | None:
    if not [path for path in modules if path.endswith((".js", ".mjs", ".cjs"))]:
        return None
    return Project(
        kind="javascript",
        folder=files.folder,
        framework="node",
        command=["node", "--test"],
        has_tests=True,
        programs=["node"],
    )


def _package(files: Files) -> _Package:
    try:
        return _Package.model_validate(files.json("package.json"))
    except ValidationError:
        return _Package()


def _kind(files: Files, package: _Package, modules: Sequence[str]) -> str:
    written = "tsconfig.json" in files.known or "typescript" in package.packages
    tested = any(path.endswith((".ts", ".tsx", ".mts", ".cts")) for path in modules)
    return "typescript" if written or tested else "javascript"


def _call(files: Files, package: _Package, modules: Sequence[str]) -> scripts.Call | None:
    """The test script, else the framework that is installed, else node's own."""
    script = package.scripts.get("test")
    if isinstance(script, str) and script.strip() and _NO_TEST not in script:
        prepared = {"pretest", "posttest"} & package.scripts.keys()
        found = scripts.call_of_script(script)
        if found is None or (prepared and found.framework == "node"):
            return scripts.Call("", ["npm", "test"], {"CI": "true"})
        return scripts.Call(found.framework, ["npm", "test", "--"]) if prepared else found
    around = frozenset[str]().union(*(_package(each).packages for each in files.around()))
    for name in _FRAMEWORKS:
        if name in around:
            return scripts.call([name])
    if [path for path in modules if path.endswith((".js", ".mjs", ".cjs"))]:
        return scripts.Call("node", ["node", "--test"])
    return None


def _needs(files: Files, package: _Package) -> NodeNeeds:
    """Who installs, and where: at the nearest lock file, which is the root of a workspace."""
    for place in files.around():
        lock = next((name for name in _LOCKS if name in place.known), "")
        if lock or place.folder == "":
            break
    root = _package(place)
    if not lock and not root.workspaces:
        place, root = files, package
    manager, version = _manager(root.manager or package.manager, lock, place)
    locked = bool(lock) and _LOCKS[lock] == manager
    declared = bool(root.packages | package.packages) or bool(root.workspaces)
    return NodeNeeds(manager, version, locked, place.folder, declared)


def _manager(named: str, lock: str, place: Files) -> tuple[str, str]:
    wanted = _MANAGER.fullmatch(named)
    if wanted:
        return wanted[1], wanted[2]
    manager = _LOCKS.get(lock, "npm")
    head = place.text(lock)[:2_000] if lock else ""
    return manager, _VERSIONS[manager](head) if manager in _VERSIONS else ""


def _of_pnpm(head: str) -> str:
    found = re.search(r"^lockfileVersion:\s*['\"]?(\d+)", head, re.MULTILINE)
    return _OF_PNPM.get(found[1], "") if found else ""


def _of_yarn(head: str) -> str:
    """Classic Yarn writes its name on top, the newer ones the version of their own format."""
    found = re.search(r"^__metadata:\s+version:\s*(\d+)", head, re.MULTILINE)
    if not found:
        return "1"
    return "4" if int(found[1]) >= 8 else "3"


_VERSIONS: Mapping[str, Callable[[str], str]] = {"pnpm": _of_pnpm, "yarn": _of_yarn}
