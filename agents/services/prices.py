"""What models cost: the operator's own prices, and a newer public list if one was fetched."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import requests
import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from genai_prices.update_prices import DEFAULT_UPDATE_URL

from agents import pricing
from agents.models import ModelPrice
from agents.pricing import Price, Tariff
from agents.runners import registry
from credentials.errors import Invalid, NotFound
from credentials.models import User
from credentials.services import audit

log = structlog.get_logger(__name__)

LIST_URL = DEFAULT_UPDATE_URL
LONGEST_LIST = 32 << 20  # bytes
TIMEOUT = 20.0  # seconds

_read_at: dict[Path, float] = {}  # when the list that this process uses was changed


class ListUnavailable(Exception):
    """The public list could not be fetched; the text says why."""


def tariff(runner: str, model: str, *, elsewhere: bool = False) -> Tariff:
    """The prices of a runner's work with a model, written as provider:name or ''.

    `elsewhere`: its requests go to another address than the provider's own.
    """
    _use_fetched_list()
    provider, _, name = model.partition(":")
    agent = registry.entry(runner)
    return Tariff(
        provider,
        name,
        own=_own(),
        agent_knows=agent.features.cost == "exact",
        elsewhere=elsewhere,
    )


def unpriced_text(model: str, budget: Decimal) -> str:
    """Why a budget in USD is of no use for a model."""
    return (
        f"The price of {model} is not known here, so the budget of ${budget:.2f} cannot be kept: "
        "tokens are counted, costs are not. An operator can give the model a price."
    )


def set_price(
    actor: User | None,
    *,
    provider: str,
    model: str,
    input_price: Decimal,
    output_price: Decimal,
    cached_price: Decimal | None = None,
) -> ModelPrice:
    """Give a model a price in USD per million tokens; raises Invalid.

    `actor` is None for somebody at the server's own command line.
    """
    with transaction.atomic():
        row = _found(provider, model) or ModelPrice(provider=provider, model=model)
        row.input_price, row.output_price = input_price, output_price
        row.cached_price = cached_price
        save(actor, row)
    return row


@transaction.atomic
def save(actor: User | None, row: ModelPrice) -> None:
    """Keep a price that was made or changed; raises Invalid with the fields that are wrong."""
    row.provider, row.model = row.provider.strip().lower(), row.model.strip().lower()
    row.changed_at = timezone.now()
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(
            "price_invalid", " ".join(error.messages), fields=error.message_dict
        ) from error
    row.save()
    audit.record(
        actor=actor,
        team=None,
        verb="price.set",
        target=row,
        price=str(row),
        input=str(row.input_price),
        output=str(row.output_price),
        cached="" if row.cached_price is None else str(row.cached_price),
    )


def remove_price(actor: User | None, *, provider: str, model: str) -> None:
    """Forget an own price, so that the public list counts again; raises NotFound."""
    row = _found(provider, model)
    if row is None:
        raise NotFound("price_not_found", f"There is no own price for {provider}:{model}.")
    remove(actor, row)


@transaction.atomic
def remove(actor: User | None, row: ModelPrice) -> None:
    """Forget this own price."""
    audit.record(actor=actor, team=None, verb="price.removed", target=row, price=str(row))
    row.delete()


def _found(provider: str, model: str) -> ModelPrice | None:
    names = {"provider": provider.strip().lower(), "model": model.strip().lower()}
    return ModelPrice.objects.filter(**names).first()


def fetch_list() -> int:
    """Fetch the newest public list for all processes of this machine; how many providers it has.

    Raises ListUnavailable.
    """
    try:
        data = _download(LIST_URL)
    except (requests.RequestException, OSError) as error:
        # Its own words are long and full of a library's names.
        raise ListUnavailable(f"{type(error).__name__}: the server cannot be reached.") from error
    try:
        count = pricing.use_list(data)
    except (ValueError, TypeError) as error:
        raise ListUnavailable("What the server sent is no list of prices.") from error
    path = _list_path()
    fresh = path.with_suffix(".new")
    fresh.write_bytes(data)
    fresh.replace(path)
    return count


def _download(url: str) -> bytes:
    with requests.get(url, timeout=TIMEOUT, stream=True) as answer:
        answer.raise_for_status()
        data = b""
        for piece in answer.iter_content(1 << 16):
            data += piece
            if len(data) > LONGEST_LIST:
                raise ListUnavailable("What the server sent is too long for a list of prices.")
    return data


def _use_fetched_list() -> None:
    """The list that an operator fetched goes before the package's own, also in other processes."""
    path = _list_path()
    if not path.is_file() or _read_at.get(path) == path.stat().st_mtime:
        return
    _read_at[path] = path.stat().st_mtime
    try:
        pricing.use_list(path.read_bytes())
    except (OSError, ValueError, TypeError):
        log.warning("price_list_unreadable", path=str(path), exc_info=True)


def _list_path() -> Path:
    return Path(settings.HOME) / "prices.json"


def _own() -> dict[tuple[str, str], Price]:
    return {
        (row.provider.lower(), row.model.lower()): Price(
            row.input_price, row.output_price, row.cached_price
        )
        for row in ModelPrice.objects.all()
    }
