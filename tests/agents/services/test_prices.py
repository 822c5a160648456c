"""The operator's prices: changed by one service, written down, and used by the next job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from genai_prices import data_snapshot
from pytest_django.fixtures import Settings

from agents.models import ModelPrice
from agents.pricing import Cost
from agents.runners.base import Usage
from agents.services import preflight, prices
from clusters.models import Cluster
from credentials.errors import Invalid, NotFound
from credentials.models import AuditEvent, User

LISTED = b"""[{"id": "openai", "name": "OpenAI", "api_pattern": "x", "models": [
    {"id": "gpt-99", "match": {"equals": "gpt-99"}, "prices": {"input_mtok": 7}}]}]"""

pytestmark = pytest.mark.django_db


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("prices", *arguments, stdout=out)
    return out.getvalue()


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("verb", flat=True))


@pytest.fixture(autouse=True)
def own_list(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A state folder of this test's own, and afterwards the list that the package brings."""
    settings.HOME = tmp_path
    yield
    data_snapshot.set_custom_snapshot(None)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Where the public list comes from: it answers with the first of these texts."""
    answers = [LISTED]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answers[0])

        def log_message(self, format: str, *args: object) -> None:
            """Quietly."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(prices, "LIST_URL", f"http://127.0.0.1:{made.server_port}/")
    yield answers
    made.shutdown()
    made.server_close()
    thread.join()


def test_a_price_is_set_changed_and_used() -> None:
    command("set", "OpenAI", "Own-Model", "--input", "2", "--output", "8")
    said = command("set", "openai", "own-model", "--input", "4", "--output", "8", "--cached", "1")
    assert "has its own price now" in said
    row = ModelPrice.objects.get()
    assert (row.provider, row.model, row.input_price) == ("openai", "own-model", Decimal(4))
    cost = prices.tariff("local_builtin", "openai:own-model").cost(Usage(10**6, 0))
    assert cost == Cost(Decimal(4))
    assert verbs() == ["price.set", "price.set"]


def test_prices_are_listed_and_removed() -> None:
    assert "There are no own prices" in command("list")
    command("set", "ollama", "qwen3", "--input", "0", "--output", "0")
    assert "ollama:qwen3  input 0.000000  output 0.000000  cached as input" in command("list")
    assert "Removed" in command("remove", "Ollama", "qwen3")
    assert not ModelPrice.objects.exists()
    assert verbs() == ["price.set", "price.removed"]


def test_a_price_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(CommandError, match="There is no own price for openai:x"):
        command("remove", "openai", "x")
    with pytest.raises(NotFound):
        prices.remove_price(None, provider="openai", model="x")


@pytest.mark.parametrize("amount", ["-1", "nan", "much"])
def test_an_amount_is_a_number(amount: str) -> None:
    with pytest.raises(CommandError, match="invalid amount in USD"):
        command("set", "openai", "x", f"--input={amount}", "--output", "1")


def test_a_price_below_nothing_is_refused() -> None:
    with pytest.raises(Invalid):
        prices.set_price(
            None, provider="openai", model="x", input_price=Decimal(-1), output_price=Decimal(1)
        )


def test_the_admin_page_writes_down_who_changed_a_price(client: Client) -> None:
    operator = User.objects.create_superuser("operator")
    client.force_login(operator)
    said = {"provider": "openai", "model": "x", "input_price": "1", "output_price": "2"}
    client.post(reverse("admin:agents_modelprice_add"), said)
    row = ModelPrice.objects.get()
    client.post(reverse("admin:agents_modelprice_change", args=[row.pk]), {**said, "model": "y"})
    client.post(reverse("admin:agents_modelprice_delete", args=[row.pk]), {"post": "yes"})
    assert not ModelPrice.objects.exists()
    assert verbs() == ["price.set", "price.set", "price.removed"]
    assert set(AuditEvent.objects.values_list("actor", flat=True)) == {operator.pk}


def test_the_newest_list_is_fetched_for_all_processes(server: list[bytes]) -> None:
    assert "up to date: models of 1 providers" in command("update")
    data_snapshot.set_custom_snapshot(None)
    prices._read_at.clear()  # as in another process
    cost = prices.tariff("local_builtin", "openai:gpt-99").cost(Usage(10**6, 0))
    assert cost == Cost(Decimal(7))


@pytest.mark.parametrize("answer", [b"<html>no</html>", b"[]", b'[{"id": 1}]'])
def test_a_list_that_is_none_changes_nothing(
    server: list[bytes], answer: bytes, tmp_path: Path
) -> None:
    server[0] = answer
    with pytest.raises(CommandError, match=r"no list of prices\. The list that is here already"):
        command("update")
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_list_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "LIST_URL", "http://127.0.0.1:9/")
    with pytest.raises(CommandError, match=r"cannot be reached.*stays in use"):
        command("update")


def test_a_budget_that_cannot_be_kept_is_told_before_the_start(
    cluster: Cluster, alice: User, settings: Settings
) -> None:
    settings.MODEL, settings.MODEL_KEYS = "openai:own-model", {"openai": "sk-of-this-test"}
    cluster.project.runner, cluster.project.budget_usd = "local_builtin", Decimal(2)
    cluster.project.save()

    def found() -> list[str]:
        return [each.code for each in preflight._about_budget(alice, cluster.project)]

    assert found() == ["budget_unpriced"]
    command("set", "openai", "own-model", "--input", "1", "--output", "1")
    assert found() == []
