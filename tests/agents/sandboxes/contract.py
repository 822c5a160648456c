"""What every sandbox provider promises; a provider's test class inherits these tests.

Those that start one task at a time pass `SandboxContract`, all others `LiveSandboxContract`.

The subclass gives the fixture `provider`. Commands may count on sh, python3 and git.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import (
    Exited,
    Sandbox,
    SandboxError,
    SandboxLost,
    SandboxProvider,
    SandboxSpec,
)
from tests.agents.sandboxes.helpers import (
    HOSTILE_TREE,
    collect,
    git,
    locks_held,
    make_commits,
    packed,
    python,
    wait_for_output,
)


class SandboxContract:
    """Inherit, and give the fixture `provider`."""

    @pytest.fixture
    def sandbox(self, provider: SandboxProvider) -> Iterator[Sandbox]:
        sandbox = provider.create(SandboxSpec(label="contract"))
        yield sandbox
        sandbox.close()

    # --- short commands ------------------------------------------------------------------------

    def test_a_command_says_its_output_and_its_exit_code(self, sandbox: Sandbox) -> None:
        result = sandbox.run(["sh", "-c", "echo one; echo two >&2; exit 3"])

        assert (result.output, result.exit_code, result.reason) == (b"one\ntwo\n", 3, "exited")
        assert not result.ok
        assert not result.truncated

    def test_success_is_exit_code_0_and_nothing_else(self, sandbox: Sandbox) -> None:
        assert sandbox.run(["true"]).ok
        assert not sandbox.run(["false"]).ok
        assert not sandbox.run(["sh", "-c", "kill -9 $$"]).ok

    def test_a_program_that_is_not_there_is_exit_code_127(self, sandbox: Sandbox) -> None:
        result = sandbox.run(["no-such-program"])

        assert result.exit_code == 127
        assert "no-such-program" in result.text

    def test_arguments_are_never_read_by_a_shell(self, sandbox: Sandbox) -> None:
        words = ["$HOME", "; exit 1", "a  b", "*", "--", "-x", "ä"]

        assert sandbox.run(["printf", "%s|", *words]).text == "|".join(words) + "|"

    def test_a_command_that_takes_too_long_is_ended(self, sandbox: Sandbox) -> None:
        result = sandbox.run(["sh", "-c", "echo begun; exec sleep 60"], timeout=0.6)

        assert (result.reason, result.exit_code) == ("timeout", None)
        assert result.output == b"begun\n"
        assert result.seconds < 10

    def test_the_environment_is_only_what_was_given(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WORKERS_SECRET", "canary")
        result = sandbox.run(["env"], env={"GIVEN": "a value"})
        names = {line.partition("=")[0] for line in result.text.splitlines()}

        assert {"PATH", "HOME", "LANG", "TMPDIR", "GIVEN"} <= names
        assert "GIVEN=a value" in result.text.splitlines()
        assert "canary" not in result.text

    def test_home_and_temporary_folder_can_be_written(self, sandbox: Sandbox) -> None:
        result = sandbox.run(["sh", "-c", "pwd; touch $HOME/a $TMPDIR/b; sh -c 'ls $TMPDIR'"])

        assert result.ok, result.text
        assert result.text.splitlines() == [sandbox.root, "b"]

    def test_commands_begin_in_the_folder_that_was_asked_for(self, sandbox: Sandbox) -> None:
        sandbox.write(f"{sandbox.root}/inner/file", b"")

        assert sandbox.run(["ls"], cwd=f"{sandbox.root}/inner").text == "file\n"

    def test_what_cannot_be_run_is_refused(self, sandbox: Sandbox) -> None:
        for cwd in ("/", "/etc", f"{sandbox.root}/../..", "relative"):
            with pytest.raises(SandboxError, match="folder inside"):
                sandbox.run(["true"], cwd=cwd)
        for argv in ([], [""], ["a\0b"]):
            with pytest.raises(SandboxError, match="command line"):
                sandbox.run(argv)
        for name in ("", "A=B", "A\0"):
            with pytest.raises(SandboxError, match="variable"):
                sandbox.run(["true"], env={name: "x"})

    # --- long commands -------------------------------------------------------------------------

    def test_a_process_is_followed_from_any_offset_as_often_as_needed(
        self, sandbox: Sandbox
    ) -> None:
        handle = sandbox.spawn(["sh", "-c", "printf 0123456789; exit 7"], key="count")

        for offset in (0, 4, 10):
            output, end = collect(sandbox, handle, offset)
            assert output == b"0123456789"[offset:]
            assert (end.code, end.reason) == (7, "exited")

    def test_the_same_key_gives_the_same_process(self, sandbox: Sandbox) -> None:
        argv = ["sh", "-c", "echo started >> starts; cat starts; exec sleep 60"]
        first = sandbox.spawn(argv, key="agent-1")
        wait_for_output(sandbox, first, b"started")
        second = sandbox.spawn(argv, key="agent-1")
        sandbox.kill(first)
        third = sandbox.spawn(argv, key="agent-1")

        assert first == second == third
        assert collect(sandbox, third)[0] == b"started\n"

    def test_silence_is_told_so_that_a_lease_can_be_renewed(self, sandbox: Sandbox) -> None:
        handle = sandbox.spawn(["sleep", "60"], key="silent")
        events = sandbox.follow(handle)

        assert next(events) is None
        sandbox.kill(handle)
        assert isinstance(next(events), Exited)

    def test_a_daemon_does_not_outlive_its_command(self, sandbox: Sandbox) -> None:
        daemon = "(setsid sleep 60 &); echo done; exit 4"
        output, end = collect(sandbox, sandbox.spawn(["sh", "-c", daemon], key="daemon"))

        assert (output, end.code, end.reason) == (b"done\n", 4, "exited")

    # --- files ---------------------------------------------------------------------------------

    def test_files_travel_both_ways(self, sandbox: Sandbox) -> None:
        path = f"{sandbox.root}/some/folder/tool"
        sandbox.write(path, b"#!/bin/sh\necho ran\n", mode=0o755)

        assert sandbox.run([path]).text == "ran\n"
        assert sandbox.run(["sh", "-c", "echo more >> some/folder/tool; echo > some/new"]).ok
        assert sandbox.read(path) == b"#!/bin/sh\necho ran\nmore\n"
        sandbox.write(path, b"")
        assert sandbox.read(path) == b""

    def test_links_are_never_followed(self, sandbox: Sandbox) -> None:
        sandbox.run(["ln", "-s", "/etc/hostname", "file"])
        sandbox.run(["ln", "-s", "/etc", "folder"])

        for path in (f"{sandbox.root}/file", f"{sandbox.root}/folder/hostname"):
            with pytest.raises(SandboxError):
                sandbox.read(path)
            with pytest.raises(SandboxError):
                sandbox.write(path, b"pwned")

    def test_paths_outside_are_refused(self, sandbox: Sandbox) -> None:
        root = sandbox.root
        for path in ("/etc/hostname", f"{root}/../x", "x", root, f"{root}/a\0b", f"{root}x/y"):
            with pytest.raises(SandboxError):
                sandbox.read(path)
            with pytest.raises(SandboxError):
                sandbox.write(path, b"pwned")

    def test_a_file_above_the_limit_is_refused(self, sandbox: Sandbox) -> None:
        sandbox.write(f"{sandbox.root}/file", b"12345")

        assert sandbox.read(f"{sandbox.root}/file", limit=5) == b"12345"
        with pytest.raises(SandboxError, match="limit"):
            sandbox.read(f"{sandbox.root}/file", limit=4)

    def test_what_we_provide_can_be_read_and_is_always_as_we_made_it(
        self, sandbox: Sandbox
    ) -> None:
        archive = packed({"inner/tool.py": b"print('ours')\n"})
        for _ in range(2):
            folder = sandbox.provide(archive)
            assert sandbox.run(["python3", f"{folder}/inner/tool.py"]).text == "ours\n"
            spoil = f"echo theirs > {folder}/inner/tool.py; rm -rf {folder}; echo tried"
            assert sandbox.run(["sh", "-c", spoil]).text.endswith("tried\n")
        assert sandbox.provide(archive) == folder
        assert sandbox.run(["python3", f"{folder}/inner/tool.py"]).text == "ours\n"

    # --- git -----------------------------------------------------------------------------------

    def test_commits_travel_in_and_out(self, sandbox: Sandbox, tmp_path: Path) -> None:
        commits = make_commits(tmp_path)
        sandbox.put_repository(commits.bundle, base=commits.base, shallow=[commits.base])

        state = sandbox.run(
            ["sh", "-c", "git rev-parse HEAD; git branch --show-current; git status --porcelain"],
            cwd=sandbox.repository,
        )
        assert state.text.splitlines() == [commits.base, "work"]
        assert sandbox.run(["folder/script.sh"], cwd=sandbox.repository).text == "hello\n"
        assert sandbox.get_commits(commits.base) == b""

        change = "echo 3 > value.txt; git commit -qam 'commit 3'"
        assert sandbox.run(["sh", "-c", change], cwd=sandbox.repository).ok
        (tmp_path / "out.bundle").write_bytes(sandbox.get_commits(commits.base))
        git(commits.repository, "fetch", "-q", "../out.bundle", "refs/heads/work:refs/heads/came")
        assert git(commits.repository, "log", "--format=%s", "came").splitlines() == [
            "commit 3",
            "commit 2",
            "commit 1",
        ]

    def test_a_name_that_is_not_a_commit_is_refused(self, sandbox: Sandbox, tmp_path: Path) -> None:
        for name in ("--upload-pack=evil", "HEAD", ""):
            with pytest.raises(SandboxError):
                sandbox.get_commits(name)
            with pytest.raises(SandboxError):
                sandbox.put_repository(tmp_path / "x", base=name, shallow=[])

    # --- finding and ending --------------------------------------------------------------------

    def test_a_sandbox_is_found_by_its_label_and_connected_by_its_id(
        self, provider: SandboxProvider, sandbox: Sandbox
    ) -> None:
        handle = sandbox.spawn(["sh", "-c", "echo hello; exec sleep 60"], key="agent")
        again = provider.connect(sandbox.id)

        assert sandbox.id in provider.list()
        assert sandbox.id in provider.list("contract")
        assert sandbox.id not in provider.list("contra")
        assert provider.labels()[sandbox.id] == "contract"
        assert (again.id, again.root, again.isolation) == (
            sandbox.id,
            sandbox.root,
            provider.probe(),
        )
        wait_for_output(again, handle, b"hello")
        again.kill(handle)
        assert collect(sandbox, handle)[1].reason == "killed"

    def test_closing_ends_everything_and_leaves_nothing(self, provider: SandboxProvider) -> None:
        sandbox = provider.create(SandboxSpec(label="closing"))
        handle = sandbox.spawn(python(HOSTILE_TREE), key="tree")
        wait_for_output(sandbox, handle, b"tree is up")
        sandbox.run(["sh", "-c", "mkdir -p deep/er; touch deep/er/x; chmod 0 deep/er deep"])

        provider.connect(sandbox.id).close()
        sandbox.close()

        assert sandbox.id not in provider.list()
        with pytest.raises(SandboxLost):
            provider.connect(sandbox.id)
        with pytest.raises(SandboxLost):
            sandbox.run(["true"])
        assert [event.reason for event in sandbox.follow(handle) if isinstance(event, Exited)] == [
            "lost"
        ]

    def test_unsafe_names_are_refused(self, provider: SandboxProvider, sandbox: Sandbox) -> None:
        for name in ("", "../up", "a/b", "-x", ".x", "a b", "a\n", "x" * 200):
            with pytest.raises(SandboxError):
                provider.create(SandboxSpec(label=name))
            with pytest.raises(SandboxError):
                provider.connect(name)
            with pytest.raises(SandboxError):
                sandbox.spawn(["true"], key=name)


class LiveSandboxContract(SandboxContract):
    """For providers with a shell: files and other commands while a command runs."""

    def test_output_arrives_while_the_command_runs(self, sandbox: Sandbox) -> None:
        pieces: list[bytes] = []

        def answer(piece: bytes) -> None:
            pieces.append(piece)
            sandbox.write(f"{sandbox.root}/go", b"")

        waits = "echo first; until [ -e go ]; do sleep 0.02; done; echo second"
        result = sandbox.run(["sh", "-c", waits], on_output=answer)

        assert result.ok
        assert b"".join(pieces) == result.output == b"first\nsecond\n"

    def test_kill_ends_the_whole_tree_however_it_hides(self, sandbox: Sandbox) -> None:
        handle = sandbox.spawn(python(HOSTILE_TREE), key="tree")
        wait_for_output(sandbox, handle, b"tree is up")
        assert locks_held(sandbox) == 3

        sandbox.kill(handle)
        sandbox.kill(handle)

        assert locks_held(sandbox) == 0
        end = collect(sandbox, handle)[1]
        assert (end.code, end.reason) == (None, "killed")
