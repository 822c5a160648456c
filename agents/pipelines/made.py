"""What setup made, kept beside the repository, so that no receipt depends on what came after it.

An agent owns the sandbox: it may change the virtual environment and node_modules, on purpose or
in passing. So both are packed when setup has ended, the digests of the packages stay with the
worker, and every run of tests unpacks them again after it has compared the digests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.pipelines.commands import REMOVE, script
from agents.sandboxes.base import Sandbox, SandboxError

_NAMES = _REPOSITORY, HOME_PACKAGE = "repository.tar", "home.tar"
_LONG = 900.0
_CHANGED = 9
# In the home: folders from which tools take settings and programs of their own.
SETTINGS = (".config", ".bundle", ".npm/_npx", ".cache/node")
# And what installers of Python, Go and Rust make there. Agents keep their sessions in
# .local/share, which has to stay.
_FOLDERS = " ".join(("venv", ".local/lib", "go", ".cargo", *SETTINGS))
_PACK = f"""
rm -f -- made/*.tar
if [ -s made/paths ]; then
  tar -cf made/repository.tar --hard-dereference -C "$1" --null --verbatim-files-from -T made/paths
fi
set --
for name in {_FOLDERS}; do if [ -d "$name" ]; then set -- "$@" "$name"; fi; done
for name in * .[!.]* ..?*; do
  if [ -L "$name" ] || [ -f "$name" ]; then set -- "$@" "$name"; fi
done
if [ "$#" -gt 0 ]; then tar -cf made/home.tar --hard-dereference -- "$@"; fi
cd made
for name in *.tar; do if [ -f "$name" ]; then sha256sum -- "$name"; fi; done
"""
# Where installers note that a package lies in the repository, which is the agent's by now: from
# there its files would be tested, those among them that no commit has.
_EDITABLE = " ".join(
    f"{packages}/lib/python*/site-packages/{name}"
    for packages in ("venv", ".local")
    for name in ("*.pth", "__editable__*.py")
)
_UNPACK = f"""{REMOVE}
cd made || exit 9
printf '%s\\n' "$1" | sha256sum --check --strict --status - || exit 9
cd ..
if [ -n "$2" ]; then tar -xf made/repository.tar -C "$2" --skip-old-files --no-same-owner -p; fi
if [ -n "$3" ]; then
  remove {_FOLDERS}
  tar -xf made/home.tar --no-same-owner -p
  for each in {_EDITABLE}; do
    if [ -f "$each" ] && [ ! -L "$each" ]; then sed -i "s|$4|$5|g" -- "$each"; fi
  done
fi
"""
NOT_KEPT = (
    "What setup installed could not be packed, so it is not restored before each run of tests: {}"
)


class Changed(SandboxError):
    """What setup installed was changed afterwards: no test can be run on it."""


def keep(sandbox: Sandbox, made: Sequence[str]) -> dict[str, str]:
    """Pack what setup made, `made` in the repository and the rest in the home.

    The digests of the packages, by name. Raises SandboxError, for example when a package would be
    larger than a file may be.
    """
    paths = b"".join(path.rstrip("/").encode() + b"\0" for path in made)
    sandbox.write(f"{sandbox.root}/made/paths", paths)
    said = script(sandbox, _PACK, sandbox.repository, cwd=sandbox.root, timeout=_LONG)
    lines = [line.split() for line in said.text.splitlines()]
    return {words[1]: words[0] for words in lines if len(words) == 2 and words[1] in _NAMES}


def put_back(sandbox: Sandbox, kept: Mapping[str, str], checkout: str, *, fresh: bool) -> None:
    """Unpack into a clean checkout, and into the home unless it is still `fresh`.

    Files of the commit stay as they are. Packages that were installed from the repository are
    those of the checkout. Raises Changed when a package is not what was kept.
    """
    wanted = {name: kept[name] for name in kept if name != HOME_PACKAGE or not fresh}
    if not wanted:
        return
    listed = "\n".join(f"{digest}  {name}" for name, digest in wanted.items())
    target = checkout if _REPOSITORY in wanted else ""
    home = "home" if HOME_PACKAGE in wanted else ""
    ended = sandbox.run(
        ["sh", "-ec", _UNPACK, "sh", listed, target, home, sandbox.repository, checkout],
        cwd=sandbox.root,
        timeout=_LONG,
    )
    if ended.exit_code == _CHANGED:
        raise Changed(
            "What setup installed was changed after setup, so no tests were run: "
            "their result would say nothing about the code."
        )
    if not ended.ok:
        raise SandboxError(f"What setup installed could not be unpacked: {ended.text[-300:]}")
