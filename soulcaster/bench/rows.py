"""Very many rows, made by the database itself in a minute: one of each is copied many times."""

# ruff: noqa: S608 - no SQL in here comes from outside of this file
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from agents.models import Execution, Job, PullRequest
from clusters.models import Cluster, FeedbackItem, Project, Source
from clusters.services import search
from credentials.models import Membership, Role, Team, User

TEAMS = 2
PROJECTS = 20
SOURCES = 5  # of each project
PEOPLE = 25
PAINTED = 40  # clusters where only items grow
WORDS = [
    *("checkout", "coupon", "total", "wrong", "export", "empty", "printer", "receipt", "login"),
    *("slow", "crash", "button", "missing", "invoice", "tax", "refund", "drawer", "sync"),
    *("offline", "search", "filter", "report", "chart", "table", "column"),
]
_DAY = 86_400
# A fixed stride through the values, so that neighbouring rows differ and every run is the same.
_STRIDE = 7_919


@dataclass(frozen=True, slots=True)
class Scene:
    """Whom to look as, and at what."""

    user: User
    project: Project
    cluster: Cluster  # the one with a tenth of all items
    rows: int


def make(count: int, say: Callable[[str], None]) -> Scene:
    """`count` clusters, items, jobs with an attempt each, and pull requests, all one viewer's."""
    user, *_ = [User.objects.create_user(f"person-{number}") for number in range(PEOPLE)]
    projects = _projects(user)
    cluster = Cluster.objects.create(project=projects[0], title="Large", status="new")
    scene = Scene(user, projects[0], cluster, count)
    with _indexes_later():
        for name, fill in _FILLS.items():
            say(f"  {count:,} {name}")
            fill(scene)
        say("  their indexes")
    _analyze()
    cluster.refresh_from_db()
    return scene


def make_painted(items: int) -> Scene:
    """One project with `items` reports, one half of them in one cluster, all of the last month.

    There are forty clusters however many items there are, so that both pages show the same.
    """
    user, *_ = [User.objects.create_user(f"person-{number}") for number in range(PEOPLE)]
    project = _projects(user)[0]
    cluster = Cluster.objects.create(project=project, title="Large", status="new")
    scene = Scene(user, project, cluster, items)
    _copy(cluster, PAINTED - 1, title=f"{_word(1)} || ' ' || n", reporter_count="n")
    source = Source.objects.earliest("id")
    first = FeedbackItem.objects.create(project=project, source=source, external_id="0")
    _copy(
        first,
        items,
        external_id="'report-' || n",
        source_id=f"{source.pk} + n % {SOURCES}",
        cluster_id=f"{cluster.pk} + CASE WHEN n % 2 = 0 THEN 0 ELSE 1 + n % {PAINTED - 1} END",
        title=_word(1),
        body=f"'The ' || {_word(1)} || ' of the ' || {_word(3)} || ' is wrong since Monday.'",
        author=f"'Person ' || (n * {_STRIDE}) % 5000",
        occurred_at=_ago(f"(n * {_STRIDE}) % {30 * _DAY}"),
    )
    FeedbackItem.objects.filter(pk=first.pk).delete()
    Cluster.objects.filter(pk=cluster.pk).update(item_count=items // 2, reporter_count=items)
    _analyze()
    cluster.refresh_from_db()
    return scene


def _projects(user: User) -> list[Project]:
    projects = []
    for number in range(TEAMS):
        team = Team.objects.create(name=f"Team {number}", slug=f"bench-{number}")
        Membership.objects.create(team=team, user=user, role=Role.OWNER)
        for place in range(PROJECTS // TEAMS):
            name = f"project {number}-{place}"
            projects.append(Project.objects.create(team=team, name=name, repository="/srv/none"))
    for project in projects:
        for place in range(SOURCES):
            Source.objects.create(project=project, kind="api", name=f"Source {place}")
    return projects


def _clusters(scene: Scene) -> None:
    statuses = ["new"] * 4 + ["planned"] * 2 + ["pr_opened", "resolved", "resolved", "dismissed"]
    _copy(
        scene.cluster,
        scene.rows,
        project_id=_one_of(Project),
        title=f"{_word(1)} || ' ' || {_word(3)} || ' ' || {_word(11)} || ' case' || n",
        summary=f"'Since the update ' || {_word(5)} || ' and ' || {_word(13)} || ' fail.'",
        status=_choice(statuses, f"(n * {_STRIDE}) / 7"),
        reporter_count=f"CASE WHEN n % 10 < 7 THEN 1 + n % 3 ELSE (n * {_STRIDE}) % 400 END",
        item_count="1 + n % 5",
        last_seen=_ago(f"(n * {_STRIDE}) % {90 * _DAY}"),
        created_at=_ago("0"),
    )


def _items(scene: Scene) -> None:
    source = Source.objects.earliest("id")
    first = FeedbackItem.objects.create(project=scene.project, source=source, external_id="0")
    of_large = f"n % {10 * PROJECTS} < {PROJECTS}"
    large = scene.cluster
    _copy(
        first,
        scene.rows,
        project_id=f"CASE WHEN {of_large} THEN {large.project_id} ELSE {_one_of(Project)} END",
        # Sources stand by project in the order of the projects.
        source_id=f"{source.pk} + CASE WHEN {of_large} THEN n % {SOURCES} "
        f"ELSE (n % {PROJECTS}) * {SOURCES} + n % {SOURCES} END",
        external_id="'report-' || n",
        cluster_id=f"CASE WHEN {of_large} THEN {large.pk} ELSE {large.pk} + n END",
        title=f"{_word(1)} || ' ' || {_word(7)}",
        body=f"'The ' || {_word(1)} || ' of the ' || {_word(3)} || ' is wrong since Monday.'",
        author=f"'Person ' || (n * {_STRIDE}) % 5000",
        occurred_at=_ago(f"(n * {_STRIDE}) % {90 * _DAY}"),
        received_at=_ago("0"),
    )
    Cluster.objects.filter(pk=large.pk).update(
        item_count=FeedbackItem.objects.filter(cluster=large).count(),
        reporter_count=scene.rows,
        last_seen=timezone.now(),
    )


def _jobs(scene: Scene) -> None:
    first = Job.objects.create(
        project=scene.project,
        cluster=scene.cluster,
        title="Fix",
        runner="local_kilo",
        requested_by=scene.user,
        status="completed",
        outcome="verified",
        finished_at=timezone.now(),
    )
    _copy(
        first,
        scene.rows,
        project_id=_one_of(Project),
        cluster_id=f"{scene.cluster.pk} + n",
        title=f"'Fix ' || {_word(1)} || ' ' || n",
        status=_choice(["completed"] * 7 + ["failed"] * 2 + ["cancelled"], "n / 3"),
        requested_by_id=_one_of(User),
        created_at=_ago(f"(n * {_STRIDE}) % {365 * _DAY}"),
    )


def _executions(scene: Scene) -> None:
    job = Job.objects.earliest("id")
    first = Execution.objects.create(
        job=job, status="completed", input_tokens=9_000, output_tokens=900, cost_usd="0.04"
    )
    _copy(
        first,
        scene.rows,
        job_id=f"{job.pk} + n",
        started_at=_ago(f"(n * {_STRIDE}) % {365 * _DAY}"),
        finished_at=_ago("0"),
    )


def _pulls(scene: Scene) -> None:
    first = PullRequest.objects.create(
        project=scene.project, number=0, title="Fix", branch="b", base_branch="main"
    )
    _copy(
        first,
        scene.rows,
        project_id=_one_of(Project),
        cluster_id=f"{scene.cluster.pk} + n",
        job_id=f"{Job.objects.earliest('id').pk} + n",
        number="n",
        title=f"'Fix ' || {_word(1)}",
        state=_choice(["merged", "merged", "closed", "open"]),
    )


_FILLS: dict[str, Callable[[Scene], None]] = {
    "clusters": _clusters,
    "items": _items,
    "jobs": _jobs,
    "attempts": _executions,
    "pull requests": _pulls,
}


@contextmanager
def _indexes_later() -> Iterator[None]:
    """Indexes are made faster at once than row by row."""
    models = (Cluster, FeedbackItem, Job, Execution, PullRequest)
    indexes = [(model, index) for model in models for index in model._meta.indexes]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA cache_size = -500000")
            cursor.execute("DROP TRIGGER clusters_cluster_words_insert")
        else:
            cursor.execute("DROP INDEX clusters_cluster_words")
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.add_index(model, index)
    search.install(connection)


def _copy(first: Model, count: int, **changes: str) -> None:
    """Rows 1 to `count` like `first`; `changes` are SQL in which `n` is the row's number."""
    table = first._meta.db_table
    columns = [
        str(field.column)
        for field in first._meta.local_concrete_fields
        if not (field.primary_key or field.generated)
    ]
    values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    numbers = f"WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count})"
    if connection.vendor == "postgresql":
        numbers = f"WITH g(n) AS (SELECT generate_series(1::bigint, {count}))"
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) {numbers} '
            f'SELECT {values} FROM g, "{table}" AS t WHERE t.id = {first.pk}'
        )


def _one_of(model: type[Model]) -> str:
    """An id of a table whose rows were made one after the other."""
    first, count = model._default_manager.earliest("pk").pk, model._default_manager.count()
    return f"({first} + n % {count})"


def _choice(values: list[str], number: str = "n") -> str:
    whens = " ".join(f"WHEN {place} THEN '{value}'" for place, value in enumerate(values))
    return f"CASE ({number}) % {len(values)} {whens} END"


def _word(step: int) -> str:
    return _choice(WORDS, f"(n * {step}) / 3")


def _ago(seconds: str) -> str:
    if connection.vendor == "postgresql":
        return f"now() - ({seconds}) * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({seconds}) || ' seconds')"


def _analyze() -> None:
    """What an installation of this size has long done by itself."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
