"""What must be true after a job, whatever happened to the processes that worked on it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from soulcaster.demo.flow import ENDED
from tests.live.faults.leftovers import processes
from tests.live.faults.product import Product
from tests.live.faults.turns import without_shas
from tests.live.faults.viewer import Viewer
from tests.live.faults.waiting import until

END_SECONDS = 150.0
GONE_SECONDS = 30.0  # until what was left over has been found and removed
VIEWER_SECONDS = 60.0
PROOF = {"baseline": "passed", "head": "passed", "reproduction": "failed"}


@dataclass(frozen=True, slots=True)
class Ended:
    """A job's row, and that of its only attempt."""

    status: str
    outcome: str
    detail: str
    cluster: str
    branch: str
    fence: int
    owner: str
    until: object
    executions: int
    execution: int
    number: int
    head: str
    log_seq: int
    execution_status: str


_QUERY = """
SELECT j.status, j.outcome, j.outcome_detail, c.status, j.branch, j.fence, j.lease_owner,
       j.lease_until, (SELECT count(*) FROM agents_execution x WHERE x.job_id = j.id),
       e.id, e.number, e.head_sha, e.log_seq, e.status
FROM agents_job j JOIN clusters_cluster c ON c.id = j.cluster_id
JOIN agents_execution e ON e.job_id = j.id
WHERE j.id = ? ORDER BY e.number DESC LIMIT 1
"""
_CHUNKS = "SELECT seq, stream, text FROM agents_logchunk WHERE execution_id = ? ORDER BY seq"
_STEPS = "SELECT name, round, status FROM agents_step WHERE execution_id = ? ORDER BY id"
_RECEIPTS = "SELECT kind, status FROM agents_receipt WHERE execution_id = ? ORDER BY id"
_PULLS = "SELECT number, state, draft, head_sha, verified FROM agents_pullrequest WHERE job_id = ?"


def judge(product: Product, job: int, agent: str, viewer: Viewer | None = None) -> Ended:
    """Wait for a job's end, and hold all that must be true then.

    `agent` is what its log must hold of the agent, commits' names left out; `viewer` is somebody
    who has looked at it.
    """
    status = "SELECT status FROM agents_job WHERE id = ?"
    until(lambda: product.rows.one(status, job)[0] in ENDED, END_SECONDS, "the job ends")
    ended = Ended(*product.rows.one(_QUERY, job))
    found = [
        *_rows(product, job, ended),
        *_forge(product, job, ended),
        *_log(product, ended, agent),
    ]
    found += _left_over(product, job)
    if viewer is not None:
        found += _viewer(product, ended, viewer)
    assert found == [], f"job {job}: " + "; ".join(found) + told(product, ended)
    return ended


def told(product: Product, ended: Ended) -> str:
    """The steps and the platform's lines, for who wants to know how it came to that."""
    chunks = product.rows.all(_CHUNKS, ended.execution)
    said = "".join(text for _, stream, text in chunks if stream == "platform")
    return f"\n{product.rows.all(_STEPS, ended.execution)}\n{said}"


def _rows(product: Product, job: int, ended: Ended) -> Iterator[str]:
    """The job, its attempt, its steps and its cluster agree."""
    if (ended.status, ended.outcome) != ("completed", "verified"):
        yield f"it ended as {ended.status}, {ended.outcome}: {ended.detail}"
    if ended.cluster != "pr_opened":
        yield f"its cluster is {ended.cluster}"
    if ended.executions != 1 or ended.execution_status != ended.status:
        yield f"{ended.executions} attempts, the last one {ended.execution_status}"
    if ended.owner or ended.until is not None:
        yield f"somebody still has its lease: {ended.owner} until {ended.until}"
    receipts = product.rows.all(_RECEIPTS, ended.execution)
    if dict(receipts) != PROOF:
        yield f"its receipts are {receipts}"
    for name, number, status in product.rows.all(_STEPS, ended.execution):
        if status != "completed":
            yield f"step {name} {number} is {status}"


def _forge(product: Product, job: int, ended: Ended) -> Iterator[str]:
    """One branch with the agent's two commits, one pull request, and a row that knows both."""
    forge = product.forge(job)
    refs = _git(forge / "repository.git", "for-each-ref", "--format=%(refname) %(objectname)")
    heads = [row.split() for row in refs.splitlines() if row.startswith("refs/heads/")]
    others = [(name, sha) for name, sha in heads if name != "refs/heads/main"]
    if others != [(f"refs/heads/{ended.branch}", ended.head)]:
        yield f"branches {others}, and not {ended.branch} at {ended.head}"
    records = forge / "pulls.json"
    pulls = json.loads(records.read_text())["pulls"] if records.exists() else []
    kept = [(each["number"], each["state"], each["draft"], each["head_sha"]) for each in pulls]
    if kept != [(1, "open", False, ended.head)]:
        yield f"pull requests {kept}, and not one at {ended.head}"
    rows = [(*row[:2], bool(row[2]), row[3]) for row in product.rows.all(_PULLS, job)]
    if rows != kept:
        yield f"the rows of pull requests are {rows}"
    count = _git(forge / "repository.git", "rev-list", "--count", f"main..{ended.branch}")
    if count != "3":  # ours, and the two of the agent
        yield f"the branch has {count} commits"


def _log(product: Product, ended: Ended, agent: str) -> Iterator[str]:
    """No chunk is missing or there twice, and the agent's part is all that it wrote."""
    chunks = product.rows.all(_CHUNKS, ended.execution)
    if [seq for seq, *_ in chunks] != list(range(1, ended.log_seq + 1)):
        yield f"the log's chunks are {[seq for seq, *_ in chunks]}, and should end at {ended.log_seq}"
    text = without_shas(agent_text(product, ended.execution))
    if text != without_shas(agent):
        yield difference(text, without_shas(agent))
    output = "".join(text for _, stream, text in chunks if stream == "output")
    if (runs := output.count("test session starts")) != 3:
        yield f"the tests' output is there {runs} times, and not for the base, head and old code"


def agent_text(product: Product, execution: int) -> str:
    """What is stored of the agent of an attempt."""
    chunks = product.rows.all(_CHUNKS, execution)
    return "".join(text for _, stream, text in chunks if stream == "agent")


def difference(text: str, wanted: str) -> str:
    """Where two logs part, in words."""
    lines, right = text.splitlines(), wanted.splitlines()
    pairs = zip(lines, right, strict=False)
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), len(lines))
    got = lines[at][:40] if at < len(lines) else "its end"
    due = right[at][:40] if at < len(right) else "its end"
    sizes = f"{len(text)} characters of {len(wanted)}, {len(lines)} lines of {len(right)}"
    return f"the agent's log has {sizes}; after line {at} comes {got!r} and not {due!r}"


def _left_over(product: Product, job: int) -> Iterator[str]:
    """What is still there of a job when it had time to go away."""
    looks: dict[str, Callable[[], list[str]]] = {
        "processes": lambda: processes(str(product.home.path / "sandboxes" / f"job-{job}-")),
        "sandboxes": lambda: _names(product.home.path / "sandboxes"),
        "scratch folders": lambda: _names(product.home.path / "scratch"),
    }
    for what, look in looks.items():
        try:
            until(lambda look=look: not look(), GONE_SECONDS, what)  # type: ignore[misc]
        except AssertionError:
            yield f"{what} are left: {look()}"


def _names(folder: Path) -> list[str]:
    """Folders in it, but for what all sandboxes share."""
    if not folder.exists():
        return []
    return [each.name for each in folder.iterdir() if not each.name.startswith(".")]


def _viewer(product: Product, ended: Ended, viewer: Viewer) -> Iterator[str]:
    try:
        until(lambda: viewer.has_ended, VIEWER_SECONDS, "the viewer is told of the end")
    except AssertionError as error:
        yield str(error)
    yield from viewer.complaints
    stored = "".join(text for *_, text in product.rows.all(_CHUNKS, ended.execution))
    if viewer.text(ended.number) != stored:
        yield f"a viewer saw {len(viewer.text(ended.number))} characters of {len(stored)}"


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", f"--git-dir={repository}", *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
