"""Long times in words."""

from __future__ import annotations

from datetime import timedelta

from django import template

from agents.views.spans import told

register = template.Library()


@register.filter
def days(value: timedelta) -> str:
    """“3 d 16 h”, “12 d”; shorter times as everywhere."""
    return told(value)
