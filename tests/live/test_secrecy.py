"""A whole fix, with real processes: afterwards no secret is anywhere but where it belongs."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from soulcaster.demo.flow import ENDED
from soulcaster.demo.product import Facts, HttpProduct
from tests.bin.repositories import commit_all
from tests.browser.product import Product, running, until
from tests.live.leaks import database, files, git, leaks, unescaped
from tests.live.monitor import Monitor, monitored
from tests.live.on_github import (
    CLIENT_SECRET,
    LOGIN,
    REPOSITORY,
    WEBHOOK_SECRET,
    introduce,
    set_up,
)
from tests.live.person import Person
from tests.stand_ins.github.server import GitHubServer
from tests.stand_ins.model_server import Step, model_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

MODEL_KEY = "sk-ant-api03/5d20+<&>'\"%=of-dana"
TILL = "def total(cents):\n    return sum(cents) - 1\n"
RIGHT = "def total(cents):\n    return sum(cents)\n"
REPORT = "With three apples, total() of the till is one cent too low."
# Code of a stranger: tells backwards whatever the environments around it hold.
SPY = """from pathlib import Path

from till import total


def test_environment():
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            text = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        print(text.replace("\\0", "\\n")[::-1])


def test_total():
    assert total([1, 2, 3]) == {expected}
"""
AGENT = [
    # A gateway that repeats the key it was given.
    Step(
        f"My key is {MODEL_KEY}. I correct the total.",
        "edit",
        {"path": "till.py", "old": "sum(cents) - 1", "new": "sum(cents)"},
    ),
    Step("Now the test.", "write", {"path": "test_till.py", "content": SPY.format(expected=6)}),
    Step(f"Done, with {MODEL_KEY}."),
]


@dataclass
class Ran:
    """What there is after the run."""

    product: Product
    person: Person
    monitor: Monitor
    github: GitHubServer
    job: Facts
    asked: bytes  # all that was sent to the model's provider

    @property
    def secrets(self) -> dict[str, list[str | bytes]]:
        """Each by its name, in all the forms that it has in a process."""
        home = self.product.home
        ring = home.keys.read_text().partition(":")[2].strip()
        [token] = [value for value in self.github.state.tokens if value.startswith("gho_")]
        return {
            "the GitHub token": [token],
            "the secret of the OAuth app": [CLIENT_SECRET],
            "the secret of the webhook": [WEBHOOK_SECRET],
            "the model's key": [MODEL_KEY],
            "the key ring": [ring, base64.urlsafe_b64decode(ring + "=" * (-len(ring) % 4))],
            "Django's secret key": [home.secret_key.read_text()],
        }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One run for all tests: sign-in, repository, key, report, plan, fix, merge."""
    folder = tmp_path_factory.mktemp("secrecy")
    source = folder / "till"
    source.mkdir()
    (source / "till.py").write_text(TILL)
    (source / "test_till.py").write_text(SPY.format(expected=5))
    commit_all(source)
    server = GitHubServer(folder / "github").start()
    try:
        environment = {**set_up(server, source), "CODING_AGENT_RUNNER": "local_builtin"}
        with (
            model_server(AGENT) as provider,
            running(folder, environment) as product,
            monitored(product.facts()["environment"]["REDIS_URL"]) as monitor,
        ):
            introduce(server, product.address)
            person = Person(product.address)
            job = fixed(product, person, server, provider.url)
            asked = b"\n".join(provider.bodies)
            yield Ran(product, person, monitor, server, job, asked)
    finally:
        server.stop()


def fixed(product: Product, person: Person, server: GitHubServer, gateway: str) -> Facts:
    """The job of the whole way, after its pull request was merged."""
    server.approve_as(LOGIN)
    person.post("/accounts/github/login/", process="login")
    stored = person.post(
        "/settings/keys/", provider="anthropic", secret=MODEL_KEY, base_url=gateway
    )
    assert "Anthropic takes it" in stored.text
    project = connected(person)
    token = token_of(person)
    changed = requests.patch(
        f"{product.address}/api/projects/{project}",
        json={"allow_unisolated": True, "test_command": "python -m pytest -q -s"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    api = HttpProduct(product.facts()["local"], product.address, token)
    assert changed.ok, changed.text
    api.add_report(project, "The total is wrong", REPORT)
    until(lambda: bool(api.clusters(project)), 60)
    cluster = api.clusters(project)[0]["id"]
    # The model is asked with the key, and has no plan to give.
    assert drafted(person, cluster) == "failed"
    assert drafted(person, cluster, way="evidence") == "done"
    api.approve_plan(cluster, 1)
    job = api.start_fix(cluster)["id"]
    until(lambda: api.job(job)["status"] in ENDED, 120)
    server.merge_pull(REPOSITORY, 1)
    assert all(each.status in {200, 202} for each in server.deliveries)
    until(lambda: api.clusters(project)[0]["status"] == "resolved", 30)
    return api.job(job)


def drafted(person: Person, cluster: int, **fields: str) -> str:
    """How it ended that a worker should write a plan."""
    person.post(f"/clusters/{cluster}/plan/generate/", **fields)

    def state() -> str:
        told = person.get(f"/api/clusters/{cluster}/plan/drafting").json()
        return str(told["state"])

    until(lambda: state() in {"done", "failed"}, 60)
    return state()


def connected(person: Person) -> int:
    """The project of the private repository."""
    listed = person.get("/projects/new/repositories/?q=till").text
    assert REPOSITORY in listed
    team = re.search(r'name="team" value="(\d+)"', person.get("/projects/new/").text)
    assert team
    answer = person.post("/projects/new/github/", repository=REPOSITORY, team=team[1])
    found = re.search(r"/projects/(\d+)/import/", answer.url)
    assert found, answer.url
    return int(found[1])


def token_of(person: Person) -> str:
    """A token for the REST API, which the person makes."""
    page = person.post("/settings/tokens/", name="script", scope="write", days="7").text
    token = re.search(r'id="new-token">([^<]+)<', page)
    assert token
    return token[1]


def test_the_run_was_a_whole_one(ran: Ran) -> None:
    assert ran.job["outcome"] == "verified", ran.job


def test_the_database_holds_no_secret(ran: Ran) -> None:
    key = ran.product.home.secret_key.read_text()
    kept = dict(database(ran.product.home.database, key))
    assert any(LOGIN.encode() in data for data in kept.values())
    assert any(b"[secret]" in data for data in kept.values())
    assert leaks(kept, ran.secrets) == []


def test_no_file_below_the_home_holds_one_but_the_two_that_are_for_it(ran: Ran) -> None:
    home = ran.product.home
    # What the database has let go of (a conversation that a runner needed) may be in its files.
    rows = home.path.glob("db.sqlite3*")
    kept = dict(files(home.path, but=[home.keys, home.secret_key, *rows]))
    assert {"logs/web.log", "logs/worker.log", "valkey/valkey.conf"} <= kept.keys()
    assert any(name.startswith("media/artifacts/") for name in kept)
    assert b"/accounts/github/login/callback/" in kept["logs/web.log"]
    kept |= dict(git(path) for path in home.path.glob("mirrors/*.git"))
    assert RIGHT.encode() in kept["git in 1.git"]
    assert leaks(kept, ran.secrets) == []


def test_nothing_in_valkey_and_no_message_of_a_task_holds_one(ran: Ran) -> None:
    commands = ran.monitor.commands
    assert b"agents.run_job" in commands
    places = dict(ran.monitor.kept()) | {"a command": commands + unescaped(commands)}
    assert len(places) > 1
    assert leaks(places, ran.secrets) == []


def test_no_page_shows_one_to_the_person_who_gave_it(ran: Ran) -> None:
    seen = dict(ran.person.walk("/", avoid=r"/static/|/accounts/|/log/\d+/|[?&](sort|status)="))
    assert any(page.endswith("/settings/keys/") for page in seen)
    assert any("/artifacts/" in page for page in seen)
    for path in ("clusters", "jobs", "projects", "runners", "me", f"jobs/{ran.job['id']}/logs"):
        seen[path] = ran.person.get(f"/api/{path}").content
    assert leaks(seen, ran.secrets) == []


def test_no_page_shows_one_to_an_operator(ran: Ran) -> None:
    operator = Person(ran.product.address)
    link = ran.product.sign_in_link("root", "--operator")
    operator.post(link)
    seen = dict(operator.walk("/admin/", avoid=r"^(?!.*/admin/)|/static/|/logout/|/password|[?]"))
    assert any(re.search(r"/admin/credentials/credential/\d+/change/", page) for page in seen)
    assert leaks(seen, ran.secrets) == []


def test_the_pull_request_and_its_branch_hold_none(ran: Ran) -> None:
    it = ran.github.repository(REPOSITORY)
    [pull] = it.pulls.values()
    said = [pull.title, pull.body or "", *(remark.body for remark in pull.comments)]
    places = {"the text": "\n".join(said).encode()} | dict([git(it.path)])
    places["a webhook"] = b"\n".join(each.body for each in ran.github.deliveries)
    assert leaks(places, ran.secrets) == []


def test_the_sandbox_and_the_model_were_told_none(ran: Ran) -> None:
    home = ran.product.home
    logs = dict(database(home.database, home.secret_key.read_text()))
    told = b"".join(data for name, data in logs.items() if ".text of" in name)
    assert b"=HTAP" in told  # the test of the repository has looked around
    # What the agent said itself comes back to it: it is only the platform that must not tell.
    secrets = ran.secrets | {"the model's key": []}
    assert leaks({"the sandbox": told, "the model": ran.asked}, secrets) == []
