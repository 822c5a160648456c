"""Every page of the product, and the one story that fills them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.browser.product import MEMBER, Product
from tests.browser.signed import post_signed

NEWCOMER = "newcomer"
# Name -> address; the words in braces are the numbers of the story.
FOR_MEMBERS = {
    "inbox": "/",
    "inbox of a project": "/?project={project}",
    "inbox without a match": "/?q=zeppelin",
    "cluster": "/clusters/{cluster}/",
    "one report": "/clusters/{cluster}/?report={report}",
    "edit a cluster": "/clusters/{cluster}/edit/",
    "propose a split": "/clusters/{cluster}/split/",
    "split a report off": "/clusters/{cluster}/split/?item={report}",
    "move a report": "/clusters/{cluster}/move/?item={report}",
    "merge clusters": "/clusters/merge/?cluster={cluster}&cluster={other}",
    "dismiss a cluster": "/clusters/dismiss/?cluster={other}",
    "plan": "/clusters/{cluster}/plan/",
    "edit the summary": "/clusters/{cluster}/plan/edit/summary/",
    "edit the files": "/clusters/{cluster}/plan/edit/files/",
    "edit the hypotheses": "/clusters/{cluster}/plan/edit/hypotheses/",
    "edit the criteria": "/clusters/{cluster}/plan/edit/criteria/",
    "no plan yet": "/clusters/{other}/plan/",
    "jobs of a cluster": "/clusters/{cluster}/jobs/",
    "cluster without jobs": "/clusters/{other}/jobs/",
    "activity of a cluster": "/clusters/{cluster}/activity/",
    "jobs": "/jobs/",
    "queue": "/queue/",
    "queue of a project": "/queue/?project={project}",
    "job": "/jobs/{job}/",
    "receipts": "/jobs/{job}/receipts/",
    "diff": "/jobs/{job}/diff/",
    "prompt": "/jobs/{job}/prompt/",
    "run a job again": "/jobs/{job}/retry/",
    "activity of a job": "/jobs/{job}/activity/",
    "metrics": "/insights/",
    "metrics of a project": "/insights/?project={project}&weeks=52",
    "usage": "/usage/",
    "usage of a project": "/usage/?project={project}",
    "pull request": "/pulls/{pull}/",
    "files of a pull request": "/pulls/{pull}/files/",
    "new project": "/projects/new/",
    "project settings": "/projects/{project}/settings/",
    "sources": "/projects/{project}/sources/",
    "connect issues": "/projects/{project}/sources/new/github/",
    "connect errors": "/projects/{project}/sources/new/sentry/",
    "connect a webhook": "/projects/{project}/sources/new/webhook/",
    "connect a form": "/projects/{project}/sources/new/form/",
    "source of a file": "/sources/{file}/",
    "reports of a source": "/sources/{file}/reports/",
    "source without a secret": "/sources/{slack}/",
    "webhook": "/sources/{webhook}/",
    "edit a webhook": "/sources/{webhook}/edit/",
    "secret of a webhook": "/sources/{webhook}/secret/",
    "errors by an SDK": "/sources/{sdk}/",
    "form": "/sources/{form}/",
    "import": "/projects/{project}/import/",
    "import report": "/imports/{upload}/",
    "add a report": "/projects/{project}/feedback/new/",
    "what runs here": "/doctor/",
    "what runs here without scripts": "/doctor/?now=1",
    "profile": "/settings/profile/",
    "tokens": "/settings/tokens/",
    "keys": "/settings/keys/",
    "teams": "/teams/",
    "new team": "/teams/new/",
    "team": "/teams/{team}/",
    "keys of a team": "/teams/{team}/keys/",
    "sign out": "/accounts/logout/",
    "not found": "/clusters/999999/",
}
# What somebody sees who has nothing yet.
FOR_NEWCOMERS = {
    "first inbox": "/",
    "first jobs": "/jobs/",
    "first queue": "/queue/",
    "first metrics": "/insights/",
    "first usage": "/usage/",
    "first token": "/settings/tokens/",
}
# What is seen before signing in.
FOR_EVERYBODY = {
    "sign in": "/accounts/login/",
    "feedback form": "{form_page}",
    "feedback form in a frame": "{form_page}?embedded=1",
    "thanks for feedback": "{form_page}thanks/",
}
STATUSES = {"not found": 404}  # of the others: 200
# Name, address and reader ('': not signed in) of every page.
PAGES = [
    (name, address, reader)
    for reader, part in ((MEMBER, FOR_MEMBERS), (NEWCOMER, FOR_NEWCOMERS), ("", FOR_EVERYBODY))
    for name, address in part.items()
]


@dataclass(frozen=True, slots=True)
class Story:
    """The numbers of a project, its first and last cluster, the finished fix and so on.

    `form_page` is the address of its feedback form.
    """

    numbers: dict[str, int | str]

    def address(self, template: str) -> str:
        """A page's address."""
        return template.format(**self.numbers)


def tell(product: Product) -> Story:
    """Import reports and run the fix of the first cluster to its end."""
    project = product.new_project()
    job = product.start_fix(project.cluster)
    facts = product.await_end(job)
    assert facts["outcome"] == "verified", facts
    plan = product.get(f"/api/clusters/{project.cluster}/plan")
    return Story(
        {
            "project": project.id,
            "cluster": project.cluster,
            "other": product.api.clusters(project.id)[-1]["id"],
            "report": plan["content"]["criteria"][0]["evidence"][0],
            "job": job,
            "pull": facts["pull_requests"][-1]["id"],
            "upload": project.upload,
            "team": product.get("/api/me")["teams"][0]["id"],
            **_sources(product, project.id),
        }
    )


def _sources(product: Product, project: int) -> dict[str, int | str]:
    """One source of each kind that tells, one message by the webhook, and the form's page."""
    kinds = ("slack", "webhook", "sdk", "form")
    made = {kind: product.connect_source(project, kind, f"By {kind}") for kind in kinds}
    post_signed(made["webhook"]["address"], made["webhook"]["secret"], {"title": "Too slow"})
    first = product.get(f"/api/projects/{project}/sources")["results"][0]
    page = urlsplit(made["form"]["address"]).path
    return {kind: made[kind]["id"] for kind in kinds} | {"file": first["id"], "form_page": page}
