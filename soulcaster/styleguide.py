"""Every part in every state, on one page. Only in debug mode."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agents.models import Step
from agents.views import diffs
from agents.views.bars import KINDS, Chart, chart
from agents.views.timeline import Entry
from credentials.models import User
from credentials.paging import Page
from soulcaster.ui import icons, statuses

_DIFF = """diff --git a/src/basket.py b/src/basket.py
--- a/src/basket.py
+++ b/src/basket.py
@@ -10,4 +10,4 @@ def total(basket):
     total = sum(line.price for line in basket.lines)
-    for coupon in basket.coupons[:1]:
+    for coupon in basket.coupons:
         total -= coupon.value
     return total
diff --git a/README.md b/README.md
new file mode 100644
--- /dev/null
+++ b/README.md
@@ -0,0 +1 @@
+Not named by the plan.
"""


class _Form(forms.Form):
    plain = forms.CharField(help_text="A sentence that helps.")
    wrong = forms.CharField(help_text="This one has an error.")
    choice = forms.ChoiceField(choices=[("a", "First"), ("b", "Second")], required=False)
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    check = forms.BooleanField(
        label="Something to allow", required=False, help_text="What it means."
    )


@login_not_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """The parts."""
    now = timezone.now()
    form = _Form({"plain": "Filled in"})
    form.is_valid()
    someone = User(username="alice", full_name="Alice Archer")
    context = {
        "kinds": [(kind, statuses.values(kind)) for kind in statuses.KINDS],
        "icons": icons.names(),
        "someone": someone,
        "times": [
            now - timedelta(seconds=seconds) for seconds in (5, 240, 7200, 400_000, 9_000_000)
        ],
        "durations": [0.4, 14, 192, 7500],
        "tabs": [
            {"label": "Evidence", "url": "#", "current": True, "count": 12},
            {"label": "Plan", "url": "#", "current": False, "count": None},
        ],
        "form": form,
        "page": Page([someone] * 30, 2, 31, 95, True, {"page": "3"}, {"page": "1"}),
        "chart": _chart(now),
        "bar_kinds": KINDS,
        "diff": diffs.parse(_DIFF, lambda path: path.startswith("src/")),
        "timeline": [
            Entry(
                "Check access",
                "completed",
                "",
                now - timedelta(seconds=30),
                now - timedelta(seconds=29),
            ),
            Entry(
                "Tests before",
                "failed",
                "1 of 212 failed",
                now - timedelta(seconds=29),
                now - timedelta(seconds=9),
            ),
            Entry("Agent at work", "running", "", now - timedelta(seconds=9)),
            Entry("Tests after", "waiting"),
        ],
        "job": SimpleNamespace(pk=0),
        "toasts": ["success", "warning", "error"],
    }
    return render(request, "styleguide.html", context)


def _chart(now: datetime) -> Chart:
    """A job in its second attempt, which usually takes longer than this."""

    def step(name: str, begin: int, end: int | None) -> Step:
        ended = None if end is None else now - timedelta(seconds=end)
        return Step(name=name, started_at=now - timedelta(seconds=begin), finished_at=ended)

    steps = [step("setup", 90, 70), step("baseline", 70, 60), step("agent", 60, 10)]
    return chart(
        [*steps, step("guard", 10, None)],
        begun=now - timedelta(seconds=120),
        now=now,
        attempt_began=now - timedelta(seconds=90),
        usual=150,
    )
