"""What models cost, where the operator knows better than the public list."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

_FREE_OR_MORE = [MinValueValidator(0)]


class ModelPrice(models.Model):
    """The price of one model in USD per million tokens; it goes before the public price list."""

    provider = models.CharField(max_length=40, help_text='Such as "openai" or "ollama".')
    model = models.CharField(max_length=100, help_text="The name as the agent says it.")
    input_price = models.DecimalField(
        max_digits=12, decimal_places=6, validators=_FREE_OR_MORE, help_text="USD per million."
    )
    output_price = models.DecimalField(
        max_digits=12, decimal_places=6, validators=_FREE_OR_MORE, help_text="USD per million."
    )
    cached_price = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=_FREE_OR_MORE,
        help_text="USD per million tokens read from a cache; empty: as other input.",
    )
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "model"], name="one_price_per_model"),
        ]
        ordering = ["provider", "model"]

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"
