"""People, teams and tokens for operators. No secret and no digest is ever shown."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from credentials.models import ApiToken, AuditEvent, Membership, Team, User

admin.site.site_header = admin.site.site_title = "Soulcaster"
admin.site.register(User, UserAdmin)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # one base for all models
    """Rows that the machine makes: for looking."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never."""
        return False


class MembershipInline(admin.TabularInline[Membership, Team]):
    """Who is in the team."""

    model = Membership
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin[Team]):
    """Teams and their members."""

    list_display = ("name", "slug", "personal", "created_at")
    search_fields = ("name", "slug")
    inlines = (MembershipInline,)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Whose tokens open the API; people revoke their own."""

    list_display = (
        "name",
        "user",
        "scope",
        "last_four",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_select_related = ("user",)
    fields = list_display


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What people did."""

    list_display = ("created_at", "verb", "actor", "team", "target_type", "target_id")
    list_select_related = ("actor", "team")
    list_filter = ("verb",)
    fields = (*list_display, "data")
