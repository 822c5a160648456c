"""The prices that the costs of jobs are worked out with."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.models import ModelPrice
from agents.services import prices
from credentials.errors import AppError


class Command(BaseCommand):
    help = (
        "Prices of models, in USD per million tokens. Own prices go before the public list that "
        "comes with the product."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
        tasks.add_parser("list", help="Show the own prices.")
        setting = tasks.add_parser("set", help="Give a model an own price.")
        removing = tasks.add_parser("remove", help="Go back to the public list for a model.")
        for each in (setting, removing):
            each.add_argument("provider", help='Such as "openai" or "ollama".')
            each.add_argument("model", help="The name as the agent says it.")
        setting.add_argument("--input", required=True, type=_usd, help="Of what goes in.")
        setting.add_argument("--output", required=True, type=_usd, help="Of what comes out.")
        setting.add_argument("--cached", type=_usd, help="Of input from a cache; else as input.")
        tasks.add_parser("update", help="Fetch the newest public list.")

    def handle(self, *args: Any, **options: Any) -> None:
        tasks = {"list": self._list, "set": self._set, "remove": self._remove}
        try:
            tasks.get(options["task"], self._update)(options)
        except AppError as error:
            raise CommandError(error.message) from error

    def _list(self, options: dict[str, Any]) -> None:
        rows = list(ModelPrice.objects.all())
        for row in rows:
            cached = "as input" if row.cached_price is None else f"{row.cached_price:f}"
            self.stdout.write(
                f"{row}  input {row.input_price:f}  output {row.output_price:f}  cached {cached}"
            )
        if not rows:
            self.stdout.write("There are no own prices: the public list counts for every model.")

    def _set(self, options: dict[str, Any]) -> None:
        row = prices.set_price(
            None,
            provider=options["provider"],
            model=options["model"],
            input_price=options["input"],
            output_price=options["output"],
            cached_price=options["cached"],
        )
        self.stdout.write(f"{row} has its own price now. Jobs that begin from now on count by it.")

    def _remove(self, options: dict[str, Any]) -> None:
        prices.remove_price(None, provider=options["provider"], model=options["model"])
        self.stdout.write("Removed: the public list counts again for this model.")

    def _update(self, options: dict[str, Any]) -> None:
        try:
            count = prices.fetch_list()
        except prices.ListUnavailable as error:
            raise CommandError(
                f"The public list of prices could not be fetched: {error} The list that is here "
                "already stays in use; own prices can be given with 'prices set'."
            ) from error
        self.stdout.write(f"The public list is up to date: models of {count} providers.")


def _usd(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not amount.is_finite() or amount < 0:
        raise ValueError(text)
    return amount


_usd.__name__ = "amount in USD"  # what an error message calls it
