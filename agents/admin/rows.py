"""What came of jobs for operators: looked at, told again, never edited.

The prices of models are theirs to write.
"""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.models import (
    Artifact,
    Execution,
    ModelPrice,
    PullRequest,
    Receipt,
    Step,
    WebhookDelivery,
)
from agents.services import deliveries, prices
from credentials.admin import ReadOnlyAdmin
from credentials.models import User

BODY_SHOWN = 20_000


class StepInline(admin.TabularInline[Step, Execution]):
    """The steps of an execution."""

    model = Step
    fields = readonly_fields = (
        "name",
        "round",
        "status",
        "attempts",
        "started_at",
        "finished_at",
        "error",
    )
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never."""
        return False


@admin.register(Execution)
class ExecutionAdmin(ReadOnlyAdmin):
    """Attempts at jobs."""

    list_display = (
        "id",
        "job",
        "number",
        "status",
        "outcome",
        "isolation",
        "started_at",
        "finished_at",
    )
    list_select_related = ("job",)
    inlines = (StepInline,)
    exclude = ("memory",)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """What the platform measured."""

    list_display = ("execution", "kind", "round", "status", "passed", "failed", "seconds")
    list_select_related = ("execution",)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    """Kept files."""

    list_display = ("name", "kind", "execution", "size", "created_at")
    list_select_related = ("execution",)
    exclude = ("file",)


@admin.register(PullRequest)
class PullRequestAdmin(ReadOnlyAdmin):
    """Pull requests."""

    list_display = ("number", "title", "project", "state", "draft", "verified", "created_at")
    list_select_related = ("project",)


@admin.register(ModelPrice)
class ModelPriceAdmin(admin.ModelAdmin[ModelPrice]):
    """The operator's own prices of models; each change is written down."""

    list_display = (
        "provider",
        "model",
        "input_price",
        "output_price",
        "cached_price",
        "changed_at",
    )
    search_fields = ("provider", "model")
    fields = ("provider", "model", "input_price", "output_price", "cached_price")

    def save_model(self, request: HttpRequest, obj: ModelPrice, form: object, change: bool) -> None:
        """The same service as the command."""
        assert isinstance(request.user, User)
        prices.save(request.user, obj)

    def delete_model(self, request: HttpRequest, obj: ModelPrice) -> None:
        """The same service as the command."""
        assert isinstance(request.user, User)
        prices.remove(request.user, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ModelPrice]) -> None:
        """One after the other, so that each is written down."""
        for price in queryset:
            self.delete_model(request, price)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What GitHub told; the action has it processed once more."""

    list_display = ("received_at", "event", "action", "repository", "outcome", "note", "attempts")
    list_filter = ("outcome", "event")
    search_fields = ("=delivery_id", "repository")
    exclude = ("body",)
    readonly_fields = ("start_of_body",)
    actions = ("process_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        """Lists need no bodies: one may be as large as 25 MB."""
        deferred: QuerySet[WebhookDelivery] = super().get_queryset(request).defer("body")
        return deferred

    @admin.display(description="Body")
    def start_of_body(self, delivery: WebhookDelivery) -> str:
        """As much as a page can show."""
        return delivery.body[:BODY_SHOWN]

    @admin.action(description="Process again", permissions=["process"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """The same as when they came; what they say may be old news by now."""
        count = deliveries.again(queryset.values_list("pk", flat=True))
        messages.success(request, f"{count} deliveries are processed again.")

    def has_process_permission(self, request: HttpRequest) -> bool:
        """Operators who may change deliveries."""
        return request.user.has_perm("agents.change_webhookdelivery")
