"""Why a cluster ranks where it does, on every page that shows it."""

from __future__ import annotations

from typing import Any

from django import template

from clusters.models import Cluster
from clusters.ranking.impact import total
from clusters.services import ranking

register = template.Library()


@register.inclusion_tag("agents/_standing.html")
def standing(cluster: Cluster) -> dict[str, Any]:
    """Its impact with the reasons, how bad it is, and whether somebody could start on it."""
    parts = ranking.shown(cluster)
    return {"cluster": cluster, "parts": parts, "total": total(parts)}


@register.inclusion_tag("agents/_addressed.html")
def addressed(cluster: Cluster) -> dict[str, Any]:
    """That it may be done already, or came back; nothing where nothing says so.

    Of a resolved one everybody knows that it is done.
    """
    known = cluster.status == Cluster.Status.RESOLVED
    return {"addressed": {} if known else cluster.addressed}


@register.inclusion_tag("agents/_summary.html")
def summary(cluster: Cluster) -> dict[str, Any]:
    """What it is about, with links from sentences to the reports that they are from."""
    return {"cluster": cluster, "quotes": cluster.summary_quotes}


@register.filter
def signed(value: float) -> str:
    """Points with their sign: “+1.5”, “-0.3”."""
    return f"{value:+.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")
