"""Plans in the API: written, edited, judged, talked about."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from clusters.api import plan_serializers as s
from clusters.api.views import the_cluster, viewer, viewer_of
from clusters.models import Cluster, Plan, PlanComment, PlanQuestion
from clusters.services import plans
from clusters.services.plans import comments as plan_comments
from clusters.services.plans import drafting, questions
from credentials.errors import NotFound


class ClusterPlan(APIView):
    """The plan of a cluster."""

    @extend_schema(responses=s.PlanSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The newest version; 404 `no_plan` before the first."""
        return Response(s.PlanSerializer(the_plan(the_cluster(request, pk))).data)

    @extend_schema(
        request=s.PlanWishSerializer, responses={201: s.PlanSerializer, 202: s.DraftingSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Draft a new version, now or (`background`) soon: then the answer is 202."""
        user, cluster = viewer(request), the_cluster(request, pk)
        asked = _said(s.PlanWishSerializer, request)
        if asked.pop("background"):
            row = drafting.request(user, cluster, **asked)
            return Response(s.DraftingSerializer(row).data, status=status.HTTP_202_ACCEPTED)
        plan = plans.generate(user, cluster, **asked)
        return Response(s.PlanSerializer(plan).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=s.PlanChangeSerializer, responses=s.PlanSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Save a change as a new version; 409 `plan_changed` when somebody saved first."""
        cluster = the_cluster(request, pk)
        change = _said(s.PlanChangeSerializer, request)
        plan = plans.edit(viewer(request), cluster, change["content"], version=change["version"])
        return Response(s.PlanSerializer(plan).data)


class PlanDraftingState(APIView):
    """The plan that is being written."""

    @extend_schema(responses=s.DraftingSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How far the newest one is; 404 `no_drafting` when none was ever asked for."""
        current = drafting.current(the_cluster(request, pk))
        if current is None:
            said = "No plan was asked for in the background yet."
            raise NotFound("no_drafting", said)
        return Response(s.DraftingSerializer(current).data)


class PlanVersions(generics.ListAPIView[Plan]):
    """Every version of a cluster's plan."""

    serializer_class = s.PlanSerializer

    def get_queryset(self) -> QuerySet[Plan]:
        """Newest first."""
        cluster = the_cluster(self.request, self.kwargs["pk"])
        people = ("created_by", "approved_by", "rejected_by")
        return cluster.plans.select_related(*people).order_by("-version")


class PlanApproval(APIView):
    """The approval of the newest version."""

    @extend_schema(request=s.PlanVersionSerializer, responses=s.PlanSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Approve the version that you have read."""
        cluster = the_cluster(request, pk)
        plan = plans.approve(viewer(request), cluster, **_said(s.PlanVersionSerializer, request))
        return Response(s.PlanSerializer(plan).data)

    @extend_schema(request=None, responses=s.PlanSerializer)
    def delete(self, request: Request, pk: int) -> Response:
        """Take the approval back."""
        plan = plans.withdraw_approval(viewer(request), the_cluster(request, pk))
        return Response(s.PlanSerializer(plan).data)


class PlanRejection(APIView):
    """The rejection of the newest version."""

    @extend_schema(request=s.PlanRejectionSerializer, responses=s.PlanSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Reject the version that you have read, and say why."""
        cluster = the_cluster(request, pk)
        plan = plans.reject(viewer(request), cluster, **_said(s.PlanRejectionSerializer, request))
        return Response(s.PlanSerializer(plan).data)

    @extend_schema(request=None, responses=s.PlanSerializer)
    def delete(self, request: Request, pk: int) -> Response:
        """Take the rejection back."""
        plan = plans.withdraw_rejection(viewer(request), the_cluster(request, pk))
        return Response(s.PlanSerializer(plan).data)


class PlanComments(generics.ListAPIView[PlanComment]):
    """What people say about a plan's sections."""

    serializer_class = s.PlanCommentSerializer

    def get_queryset(self) -> QuerySet[PlanComment]:
        """On any version, oldest first."""
        return plan_comments.of(the_cluster(self.request, self.kwargs["pk"]))

    @extend_schema(request=s.NewCommentSerializer, responses={201: s.PlanCommentSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Say something about a section of the newest version ('': about all of it)."""
        plan = the_plan(the_cluster(request, pk))
        said = _said(s.NewCommentSerializer, request)
        comment = plan_comments.add(viewer(request), plan, **said)
        return Response(s.PlanCommentSerializer(comment).data, status=status.HTTP_201_CREATED)


class OnePlanComment(APIView):
    """One comment."""

    @extend_schema(request=s.CommentStateSerializer, responses=s.PlanCommentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Settle it, or reopen it."""
        mine = Cluster.objects.for_user(viewer_of(self))
        comment = get_object_or_404(PlanComment.objects.filter(plan__cluster__in=mine), pk=pk)
        resolved = _said(s.CommentStateSerializer, request)["resolved"]
        settle = plan_comments.resolve if resolved else plan_comments.reopen
        return Response(s.PlanCommentSerializer(settle(viewer(request), comment)).data)


class PlanQuestions(generics.ListAPIView[PlanQuestion]):
    """What planners want to know."""

    serializer_class = s.PlanQuestionSerializer

    def get_queryset(self) -> QuerySet[PlanQuestion]:
        """Answered ones, too: they go into the next version."""
        return questions.of(the_cluster(self.request, self.kwargs["pk"]))


class PlanAnswer(APIView):
    """The answer to a question."""

    @extend_schema(request=s.AnswerSerializer, responses=s.PlanQuestionSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Answer it, or answer it better."""
        mine = Cluster.objects.for_user(viewer_of(self))
        question = get_object_or_404(PlanQuestion.objects.filter(cluster__in=mine), pk=pk)
        said = _said(s.AnswerSerializer, request)["answer"]
        answered = questions.answer(viewer(request), question, said)
        return Response(s.PlanQuestionSerializer(answered).data)


def the_plan(cluster: Cluster) -> Plan:
    """The newest version; raises NotFound `no_plan`."""
    plan = plans.current(cluster)
    if plan is None:
        raise NotFound("no_plan", "There is no plan yet: POST to this address makes one.")
    return plan


def _said(shape: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, in this shape; raises ValidationError."""
    said = shape(data=request.data)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)
