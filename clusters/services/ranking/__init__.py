"""How much a cluster hurts, whether somebody could start on it, and whether it is done already."""

from __future__ import annotations

from clusters.services.ranking.standing import FIELDS, rank, rescore, shown, shown_total

__all__ = ["FIELDS", "rank", "rescore", "shown", "shown_total"]
