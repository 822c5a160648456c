"""The demo's client speaks the product's own API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from clusters.models import Cluster, FeedbackItem, Project, Source
from credentials.models import Scope, User
from credentials.services import tokens
from soulcaster.demo.product import HttpProduct, ProductError

Connect = Callable[[str], HttpProduct]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connect(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Connect:
    monkeypatch.setattr("clusters.queue.group", lambda project_id: None)

    def product(token: str) -> HttpProduct:
        return HttpProduct(live_server.url, "http://testserver", token)

    return product


@pytest.fixture
def product(connect: Connect, alice: User) -> HttpProduct:
    return connect(tokens.create(alice, "demo", scope=Scope.WRITE)[1])


def test_a_file_arrives_with_its_name_and_kind(product: HttpProduct, project: Project) -> None:
    data = b'title,body\n"Wrong total","Two apples; \'three\' pears"\n'
    result = product.import_file(project.pk, "Kassé 1.csv", data, "email")
    assert (result["created"], result["file_name"]) == (1, "Kassé 1.csv")
    item = FeedbackItem.objects.select_related("source").get()
    assert (item.title, item.source.kind) == ("Wrong total", "email")


def test_the_same_report_twice_is_one(product: HttpProduct, project: Project) -> None:
    Source.objects.create(project=project, kind=Source.Kind.API, name="API")
    first = product.add_report(project.pk, "Wrong total", "Two apples.")
    second = product.add_report(project.pk, "Wrong total", "Two apples.")
    assert (len(first["created"]), len(second["created"]), second["duplicates"]) == (1, 0, 1)


def test_all_pages_of_clusters_are_read(product: HttpProduct, project: Project) -> None:
    Cluster.objects.bulk_create(Cluster(project=project, title=str(n)) for n in range(250))
    assert len(product.clusters(project.pk)) == 250


def test_a_refusal_is_told_in_the_words_of_the_product(
    product: HttpProduct, project: Project
) -> None:
    with pytest.raises(ProductError, match=r"not a \.csv or \.jsonl file"):
        product.import_file(project.pk, "reports.xlsx", b"PK", "")


def test_a_token_that_opens_nothing_is_refused(connect: Connect, project: Project) -> None:
    with pytest.raises(ProductError, match="unknown, revoked or expired"):
        connect("soul_wrong").clusters(project.pk)


def test_a_product_that_is_gone_is_an_error_in_words() -> None:
    gone: Any = HttpProduct("http://127.0.0.1:1", "http://testserver", "soul_x")
    with pytest.raises(ProductError, match="did not answer to GET /api/jobs/1"):
        gone.job(1)
