"""People, teams and tokens for operators. No secret and no digest is ever shown."""

from __future__ import annotations

import allauth.socialaccount.admin  # noqa: F401 - registers what is taken away below
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from credentials.models import (
    ApiToken,
    AuditEvent,
    Credential,
    CredentialUse,
    Invitation,
    Membership,
    Team,
    User,
)
from credentials.services import credentials

admin.site.site_header = admin.site.site_title = "Soulcaster"
admin.site.register(User, UserAdmin)
# allauth's own pages would show and take secrets in clear; nothing here is kept in those tables.
admin.site.unregister((SocialApp, SocialToken, SocialAccount))


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


@admin.register(SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    """Who somebody is on GitHub. Deleting the row disconnects; the person can connect again."""

    list_display = ("user", "provider", "uid", "extra_data", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__username", "uid")
    fields = list_display

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Operators who may change people."""
        return request.user.has_perm("credentials.change_user")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who was asked into which team."""

    list_display = ("created_at", "team", "kind", "login", "role", "accepted_at", "revoked_at")
    list_select_related = ("team",)
    fields = (*list_display, "invited_by")


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


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin):
    """Whose keys there are, never a value nor its ciphertext; the action revokes."""

    list_display = (
        "id",
        "provider",
        "user",
        "team",
        "last_four",
        "last_used_at",
        "verified_at",
        "verify_error",
        "expires_at",
        "revoked_at",
    )
    list_select_related = ("user", "team")
    list_filter = ("provider", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("user__username", "team__name")
    fields = (*list_display[1:], "base_url", "scopes", "key_id", "created_by", "created_at")
    actions = ("revoke",)

    @admin.action(description="Revoke selected credentials", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Credential]) -> None:
        """The same service as the page."""
        assert isinstance(request.user, User)
        active = list(queryset.filter(revoked_at=None).values_list("pk", flat=True))
        for pk in active:
            credentials.revoke(request.user, pk)
        messages.success(request, f"Revoked {len(active)} credentials; their values are deleted.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Operators who may change credentials."""
        return request.user.has_perm("credentials.change_credential")


@admin.register(CredentialUse)
class CredentialUseAdmin(ReadOnlyAdmin):
    """What keys were used for."""

    list_display = ("used_at", "credential", "purpose", "job_id")
    list_select_related = ("credential",)
    list_filter = ("purpose",)
    fields = list_display


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What people did."""

    list_display = ("created_at", "verb", "actor", "team", "target_type", "target_id")
    list_select_related = ("actor", "team")
    list_filter = ("verb",)
    fields = (*list_display, "data")
