"""What a planner wants to know, answered by a maintainer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from clusters.models import Cluster, PlanQuestion
from clusters.services.plans import questions
from credentials.views.helpers import act, signed_in


@require_POST
def question_answer(request: HttpRequest, question_id: int) -> HttpResponse:
    """Keep the answer: a choice, or words of one's own, which count when both are there."""
    mine = Cluster.objects.for_user(signed_in(request))
    asked = PlanQuestion.objects.filter(cluster__in=mine)
    question = get_object_or_404(asked.select_related("cluster__project__team"), pk=question_id)
    text = request.POST.get("own", "").strip() or request.POST.get("answer", "")
    return act(
        request,
        lambda: questions.answer(signed_in(request), question, text),
        to=f"{reverse('cluster_plan', args=[question.cluster_id])}#questions",
        done="Your answer is kept. It goes into the next version: write the plan anew when you are done.",
    )
