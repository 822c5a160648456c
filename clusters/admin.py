"""Projects and feedback for operators."""

from __future__ import annotations

from django.contrib import admin

from clusters.models import Cluster, FeedbackImport, FeedbackItem, Plan, Project, Source
from credentials.admin import ReadOnlyAdmin


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
    """Where feedback comes from."""

    list_display = ("name", "kind", "project", "last_event_at", "last_error")
    list_select_related = ("project",)
    raw_id_fields = ("project",)


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
