"""An application with a stock sentry-sdk: `till.py DSN RELEASE [PACKING]`."""

from __future__ import annotations

import sys
from typing import Any

import sentry_sdk


class Drawer:
    """Where the money is."""

    def count(self, coins: dict[str, int]) -> int:
        return coins["missing"]


def close_day() -> None:
    try:
        Drawer().count({})
    except KeyError as error:
        raise ValueError("the till does not add up") from error


def main() -> None:
    dsn, release, *packing = sys.argv[1:]
    experiments: Any = {"transport_compression_algo": packing[0]} if packing else {}
    sentry_sdk.init(dsn, release=release, environment="production", _experiments=experiments)
    sentry_sdk.set_user({"id": "7", "username": "jo"})
    sentry_sdk.set_tag("shop", "Bern")
    try:
        close_day()
    except ValueError as error:
        sentry_sdk.capture_exception(error)
    sentry_sdk.capture_message("Drawer stays open", level="warning")
    sentry_sdk.flush(20)


if __name__ == "__main__":
    main()
