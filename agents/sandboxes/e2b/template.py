"""The image that machines at E2B are made from, with the agents' programs in it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from e2b import Template
from e2b.template.main import TemplateBuilder

from agents.sandboxes.base import Limits
from agents.sandboxes.e2b import layout
from agents.sandboxes.e2b.account import Account
from agents.sandboxes.e2b.errors import translated

# Debian 12 with Node.js 24: every agent's program runs on it, and its python3 is 3.11.
_IMAGE = "24-bookworm"
_PACKAGES = ("ca-certificates", "git", "jq", "python3", "python3-pip", "python3-venv", "ripgrep")


@dataclass(frozen=True, slots=True)
class Program:
    """An agent's program: the commands that install it, and where it is after that."""

    name: str
    commands: Sequence[Sequence[str]]
    path: str


def definition(programs: Sequence[Program]) -> TemplateBuilder:
    """What E2B is told to build."""
    links = [["mkdir", "-p", layout.PROGRAMS]]
    links += [["ln", "-sf", each.path, f"{layout.PROGRAMS}/{each.name}"] for each in programs]
    image = Template().from_node_image(_IMAGE)
    image = image.apt_install(list(_PACKAGES), no_install_recommends=True)
    for each in programs:
        image = image.run_cmd([shlex.join(command) for command in each.commands], user="root")
    image = image.run_cmd([shlex.join(link) for link in links], user="root")
    # Whoever the commands are there must be able to read and start them.
    opened = str(PurePosixPath(layout.PROGRAMS).parent)
    image = image.run_cmd(shlex.join(["chmod", "-R", "a+rX", opened]), user="root")
    starts = [shlex.join([f"{layout.PROGRAMS}/{each.name}", "--version"]) for each in programs]
    return image.run_cmd(starts, user="user") if starts else image


def dockerfile(programs: Sequence[Program]) -> str:
    """The same in the words of Docker, to look at or to build elsewhere."""
    return str(Template.to_dockerfile(definition(programs)))


def build(account: Account, programs: Sequence[Program], say: Callable[[str], None]) -> str:
    """Build the account's template; its id. Takes minutes; raises a SandboxError."""
    limits = Limits()
    try:
        built = account.client().Template.build(
            definition(programs),
            account.template,
            cpu_count=limits.cpus,
            memory_mb=limits.memory_bytes >> 20,
            min_free_disk_mb=limits.disk_bytes >> 20,
            on_build_logs=lambda entry: say(entry.message),
        )
    except Exception as error:  # the SDK raises plain ones as well
        raise translated(error, "build the template") from error
    return str(built.template_id)
