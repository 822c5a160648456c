"""A hostile agent prepares its repository for the worker's git: nothing of it happens here.

The agent has a shell in the sandbox. Then the platform takes its commits back, looks at them and
checks them out, as it does in every round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.pipelines.base import Stop
from agents.pipelines.checkouts import clean_checkout
from agents.pipelines.commits import take_back
from agents.pipelines.context import Tools
from agents.pipelines.run import FixRun
from agents.sandboxes.base import SandboxSpec
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import MemoryJournal
from tests.agents.pipelines.projects import git

SECRET = "canary-0b9e41"

# The agent's program that should never run on the worker; it tells where it has run.
PWN = """
cat > "$HOME/pwn" <<'EOF'
#!/bin/sh
touch "$TRAP" "$HOME/ran-inside"
cat
EOF
chmod +x "$HOME/pwn"
sed -i "s|\\$TRAP|$TRAP|; s|\\$HOME|$HOME|" "$HOME/pwn"
"""
FIX = "echo fixed >> till/price.py\n"


@dataclass(frozen=True)
class Trap:
    """What the agent does. `refused` is what the job says, or '' where its commits are taken."""

    name: str
    script: str
    refused: str = ""


TRAPS = [
    Trap(
        "hooks",
        """
for name in applypatch-msg commit-msg fsmonitor-watchman post-checkout post-commit post-index-change \\
    post-merge pre-commit pre-push prepare-commit-msg reference-transaction update; do
    cp "$HOME/pwn" ".git/hooks/$name"
done
mkdir "$HOME/hooks"; cp .git/hooks/* "$HOME/hooks"
git config core.hooksPath "$HOME/hooks"
git config --global core.hooksPath "$HOME/hooks"
rm -f "$HOME/ran-inside"
""",
    ),
    Trap(
        "programs in the settings",
        """
for key in core.fsmonitor core.pager core.editor core.sshCommand core.gitProxy core.askPass \\
    core.alternateRefsCommand diff.external gpg.program sequence.editor credential.helper \\
    uploadpack.packObjectsHook interactive.diffFilter pager.diff pager.log; do
    git config "$key" "$HOME/pwn"
done
git config commit.gpgsign true
git config alias.checkout "!$HOME/pwn"
git config alias.bundle "!$HOME/pwn"
printf '[include]\\n\\tpath = %s/more\\n' "$HOME" >> .git/config
printf '[core]\\n\\tfsmonitor = %s/pwn\\n' "$HOME" > "$HOME/more"
rm -f "$HOME/ran-inside"
""",
    ),
    Trap(
        "filters and drivers",
        """
echo '* filter=pwn diff=pwn merge=pwn' > .gitattributes
cp .gitattributes .git/info/attributes
for key in filter.pwn.clean filter.pwn.smudge diff.pwn.textconv diff.pwn.command merge.pwn.driver; do
    git config "$key" "$HOME/pwn"
    git config --global "$key" "$HOME/pwn"
done
git config filter.pwn.required true
""",
    ),
    Trap(
        "objects of other repositories",
        """
echo "$TRAP.git/objects" > .git/objects/info/alternates
echo "$MIRROR/objects" >> .git/objects/info/alternates
git config extensions.partialClone origin
git config remote.origin.promisor true
git config remote.origin.url "ext::$HOME/pwn"
git config protocol.ext.allow always
""",
    ),
    Trap(
        "another folder as .git",
        'rm -rf .git; ln -s "$MIRROR" .git',
        refused="cannot be committed",
    ),
    Trap(
        "a file as .git",
        'rm -rf .git; echo "gitdir: $MIRROR" > .git',
        refused="cannot be committed",
    ),
    Trap(
        "another folder as the repository",
        'cd "$HOME"; rm -rf repo; ln -s "$(dirname "$MIRROR")" repo',
        refused="cannot be (committed|entered|read)|No such file|Not a directory|not a git",
    ),
    Trap(
        "another work tree",
        'git config core.worktree "$(dirname "$MIRROR")"',
    ),
    Trap(
        "links to files of the host",
        """
ln -s "$CANARY" link
ln -s "$(dirname "$CANARY")" folder
rm -rf tests; ln -s "$(dirname "$CANARY")" tests
""",
    ),
    Trap(
        "a branch that is a link",
        'rm -f .git/refs/heads/work; ln -s "$CANARY" .git/refs/heads/work',
        refused="not based on the base",
    ),
    Trap(
        "a branch that is another",
        """
git checkout -q -b other; git commit -q --allow-empty -m other
git symbolic-ref refs/heads/work refs/heads/other
""",
    ),
    Trap(
        "names like options",
        """
head=$(git rev-parse HEAD)
for name in -x --upload-pack=pwn --output=pwn '$(pwn)' '`pwn`' 'a;pwn' work; do
    mkdir -p ".git/refs/heads/$(dirname -- "$name")"
    echo "$head" > ".git/refs/heads/$name" || true
    echo "$head" > ".git/refs/tags/$name" || true
done
touch -- '--output=pwn' '-x' '$(pwn)' ';pwn' ':(exclude)*'
git add --all
""",
    ),
    Trap(
        "other objects in the place of the real ones",
        """
git commit -q --allow-empty -m one
git replace --graft HEAD
echo "$(git rev-parse HEAD)" > .git/info/grafts
""",
    ),
    Trap(
        "a history that forgets the base",
        """
git checkout -q --orphan work2
git commit -q -m orphan
git branch -q -M work2 work
rm -f .git/shallow
""",
        refused="not based on the base|could not be taken",
    ),
    Trap(
        "a folder .git among the files",
        """
blob=$(git hash-object -w "$HOME/pwn")
hooks=$(printf '100755 blob %s\\tpost-checkout\\n' "$blob" | git mktree)
inner=$(printf '040000 tree %s\\thooks\\n' "$hooks" | git mktree)
tree=$(printf '040000 tree %s\\t.git\\n' "$inner" | git mktree)
commit=$(git commit-tree "$tree" -p HEAD -m evil)
git update-ref refs/heads/work "$commit"
git update-index --assume-unchanged till/price.py
git symbolic-ref HEAD refs/heads/work
""",
        refused="could not be taken|cannot be committed",
    ),
    Trap(
        "paths that lead out",
        """
blob=$(git hash-object -w "$HOME/pwn")
python3 - "$blob" > "$HOME/tree" <<'EOF'
import sys
sys.stdout.buffer.write(b"100644 ../../pwned\\0" + bytes.fromhex(sys.argv[1]))
EOF
tree=$(git hash-object -w -t tree --literally "$HOME/tree")
commit=$(git commit-tree "$tree" -p HEAD -m evil)
git update-ref refs/heads/work "$commit"
""",
        refused="could not be taken|cannot be committed",
    ),
    Trap(
        "submodules that run programs",
        """
cat > .gitmodules <<EOF
[submodule "evil"]
    path = evil
    url = ext::$HOME/pwn
    update = !$HOME/pwn
EOF
git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),evil"
git add .gitmodules; git commit -q -m submodule
""",
        refused="could not be taken",
    ),
    Trap(
        "git itself exchanged",
        """
mkdir -p "$HOME/bin" "$HOME/.local/bin"
for place in "$HOME/bin" "$HOME/.local/bin" .; do cp "$HOME/pwn" "$place/git"; done
printf 'export PATH=%s/bin:$PATH\\n' "$HOME" | tee "$HOME/.profile" > "$HOME/.bashrc"
cp "$HOME/.profile" "$HOME/.shinit"
""",
    ),
]


@pytest.fixture
def run(quick: Bench) -> FixRun:
    """A fix whose agent begins to work."""
    scratch = quick.folder / "scratch"
    scratch.mkdir()
    tools = Tools(quick.forge, quick.sandboxes, None, scratch)
    run = FixRun(quick.context(), tools, MemoryJournal(quick.memory))
    run.base = quick.base
    run.sandbox_id = quick.sandboxes.create(SandboxSpec("git")).id
    bundle = scratch / "in.bundle"
    start = run.start_commit()
    shallow = run.mirror.bundle(start, bundle)
    run.sandbox.put_repository(bundle, base=start, shallow=shallow)
    return run


@pytest.fixture
def facts(quick: Bench, tmp_path: Path) -> dict[str, str]:
    """What a real agent would have to guess of this machine."""
    canary = tmp_path / "canaries" / "canary"
    canary.parent.mkdir()
    canary.write_text(SECRET)
    other = tmp_path / "owned.git"
    other.mkdir()
    git(other, "init", "-q", "--bare", ".")
    return {
        "TRAP": str(tmp_path / "owned"),
        "MIRROR": str(quick.mirror),
        "CANARY": str(canary),
    }


@pytest.mark.slow
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: str(trap.name))
def test_a_trap_for_the_worker_s_git_closes_on_nobody(
    run: FixRun, facts: dict[str, str], trap: Trap
) -> None:
    before = everything(run)
    prepared = run.sandbox.run(
        ["sh", "-ec", PWN + FIX + trap.script], cwd=run.sandbox.repository, env=facts
    )
    assert prepared.ok, prepared.text

    said = taken(run)

    if trap.refused:
        assert re.match(f"agent_failed: .*({trap.refused})", said, re.DOTALL), said
    else:
        assert said == ""
    assert not Path(facts["TRAP"]).exists()
    assert Path(facts["CANARY"]).read_text() == SECRET
    assert everything(run) == before


def taken(run: FixRun) -> str:
    """Why the commits were refused; '' when they were taken, read and checked out."""
    try:
        head = take_back(run, 1)
    except Stop as stop:
        return f"{stop.outcome}: {stop.detail}"
    paths = [file.path for file in run.mirror.changed(run.base, head)]
    seen = run.mirror.diff(run.base, head).encode()
    seen += b"".join(run.mirror.read(head, path) or b"" for path in paths)
    clean_checkout(run.sandbox, run.mirror, head, name="head", scratch=run.tools.scratch)
    assert SECRET.encode() not in seen
    return ""


def everything(run: FixRun) -> list[str]:
    """The worker's side: its mirror's settings and hooks, and every file but objects and refs."""
    mirror = run.mirror.path
    inside = [str(path) for path in mirror.rglob("*") if "objects" not in path.parts]
    settings = (mirror / "config").read_text()
    return [settings, *sorted(each for each in inside if "refs/soulcaster" not in each)]
