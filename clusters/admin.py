"""Projects and feedback for operators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from clusters.models import Cluster, FeedbackImport, FeedbackItem, Intake, Plan, Project, Source
from clusters.services import sources
from credentials.admin import ReadOnlyAdmin
from credentials.views.helpers import signed_in


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin[Project]):
    """Connected repositories."""

    list_display = ("name", "team", "forge", "repository", "created_at")
    list_select_related = ("team",)
    search_fields = ("name", "repository")
    raw_id_fields = ("team", "created_by")
    readonly_fields = ("forge", "repository", "created_at")


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin[Source]):
    """Where feedback comes from. Its own page changes it; an operator can only pause it."""

    list_display = ("name", "kind", "project", "enabled", "last_event_at", "last_error")
    list_filter = ("kind", "enabled")
    list_select_related = ("project",)
    search_fields = ("name",)
    fields = (
        "name",
        "kind",
        "project",
        "enabled",
        "masks_personal_data",
        "config",
        "connected_by",
        "next_sync_at",
        "synced_at",
        "last_event_at",
        "last_error",
        "last_error_at",
        "created_at",
    )
    readonly_fields = tuple(name for name in fields if name != "enabled")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: a source is connected by somebody of its team."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Never: removing one says what becomes of its reports."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """One that was removed stays as it is, for its reports' sake."""
        removed = obj is not None and "removed_at" in obj.config
        return super().has_change_permission(request, obj) and not removed

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Pause it or let it go on, and write down who did."""
        sources.set_enabled(signed_in(request), obj, enabled=obj.enabled)


@admin.register(Intake)
class IntakeAdmin(ReadOnlyAdmin):
    """What was sent to sources, without its content."""

    list_display = ("id", "source", "state", "attempts", "received_at", "read_at", "result")
    list_select_related = ("source",)
    list_filter = ("state",)
    exclude = ("body", "headers")


@admin.register(FeedbackItem)
class FeedbackItemAdmin(ReadOnlyAdmin):
    """Reports as they came."""

    list_display = ("id", "title", "source", "author", "received_at", "cluster")
    list_select_related = ("source", "cluster")
    search_fields = ("title", "external_id")


@admin.register(Cluster)
class ClusterAdmin(ReadOnlyAdmin):
    """Groups of reports."""

    list_display = ("id", "title", "project", "status", "item_count", "reporter_count")
    list_select_related = ("project",)
    list_filter = ("status",)
    search_fields = ("title",)


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    """Versions of plans."""

    list_display = ("cluster", "version", "made_by", "created_by", "approved_by", "created_at")
    list_select_related = ("cluster", "created_by", "approved_by")


@admin.register(FeedbackImport)
class FeedbackImportAdmin(ReadOnlyAdmin):
    """Imported files."""

    list_display = ("file_name", "project", "created", "duplicates", "refused_count", "created_at")
    list_select_related = ("project",)
