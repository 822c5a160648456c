"""The address that the other side of a source is given. It names the source and proves nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from clusters.models import Source


def address_of(source: Source) -> str:
    """What the other side is given; empty for kinds that are not told."""
    key = source.public_key
    if not key:
        return ""
    if source.kind == Source.Kind.SDK:
        site = urlsplit(settings.SITE_URL)
        return f"{site.scheme}://{key}@{site.netloc}{site.path}/{source.pk}"
    if source.kind == Source.Kind.FORM:
        return str(settings.SITE_URL) + reverse("feedback_form", args=[key])
    return f"{settings.SITE_URL}/in/{source.kind}/{key}"
