"""Every address."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django_prometheus.exports import ExportToDjangoView
from drf_spectacular.views import SpectacularAPIView

from soulcaster.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", ExportToDjangoView, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("credentials.accounts_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/", include("credentials.api.urls")),
    path("api/", include("clusters.api.urls")),
    path("api/", include("agents.api.urls")),
    path("", include("credentials.urls")),
    path("", include("clusters.urls")),
    path("", include("agents.urls")),
]

if settings.DEBUG:
    from soulcaster.styleguide import styleguide

    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))

handler400 = "soulcaster.error_pages.bad_request"
handler403 = "soulcaster.error_pages.forbidden"
handler404 = "soulcaster.error_pages.not_found"
handler500 = "soulcaster.error_pages.broken"
