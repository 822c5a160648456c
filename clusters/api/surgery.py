"""Corrections of clusters over HTTP: each is a change that can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api import surgery_serializers as s
from clusters.api.serializers import ClusterSerializer
from clusters.api.views import the_cluster, viewer
from clusters.models import Cluster, ClusterChange
from clusters.services import changes, surgery
from clusters.services.grouping import splitting
from credentials.errors import NotFound
from credentials.services import teams


class MergeClusters(APIView):
    """Several clusters become one."""

    @extend_schema(request=s.MergeSerializer, responses={201: s.ChangeSerializer})
    def post(self, request: Request) -> Response:
        """All reports go to `into`; the others lead there from now on.

        409 `job_running` when a job works on one of the others, `merged_away` for one that was
        merged already.
        """
        wanted = s.MergeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        into = the_cluster(request, values["into"])
        change = surgery.merge(
            viewer(request),
            _clusters(request, values["clusters"]),
            into=into,
            keep_title=values["keep_title"],
        )
        return _made(change)


class SplitCluster(APIView):
    """One cluster becomes two."""

    @extend_schema(request=s.SplitSerializer, responses={201: s.ChangeSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """The chosen reports become a cluster of their own."""
        cluster = the_cluster(request, pk)
        wanted = s.SplitSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        return _made(
            surgery.split(viewer(request), cluster, values["items"], title=values["title"])
        )


class ProposedSplit(APIView):
    """How a cluster could be taken apart."""

    @extend_schema(responses=s.ProposalSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Groups of its reports, as grouping would make them. Nothing changes."""
        groups = splitting.propose_split(the_cluster(request, pk))
        return Response(s.ProposalSerializer({"groups": groups}).data)


class MoveFeedback(APIView):
    """Reports go to another cluster."""

    @extend_schema(request=s.MoveSerializer, responses={201: s.ChangeSerializer})
    def post(self, request: Request) -> Response:
        """A cluster that they leave empty leads to the other one from now on."""
        wanted = s.MoveSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        to = the_cluster(request, wanted.validated_data["to"])
        return _made(surgery.move(viewer(request), wanted.validated_data["items"], to=to))


class ClusterLock(APIView):
    """Whether reports join or leave a cluster by likeness."""

    @extend_schema(request=None, responses=ClusterSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Nothing joins it by likeness, nothing leaves it by itself."""
        cluster = the_cluster(request, pk)
        surgery.lock(viewer(request), cluster)
        return Response(ClusterSerializer(cluster).data)

    @extend_schema(request=None, responses=ClusterSerializer)
    def delete(self, request: Request, pk: int) -> Response:
        """Open to new reports again."""
        cluster = the_cluster(request, pk)
        surgery.unlock(viewer(request), cluster)
        return Response(ClusterSerializer(cluster).data)


class ClusterChanges(generics.ListAPIView[ClusterChange]):
    """What people changed about a cluster."""

    serializer_class = s.ChangeSerializer

    def get_queryset(self) -> QuerySet[ClusterChange]:
        """Newest first."""
        cluster = the_cluster(self.request, self.kwargs["pk"])
        return changes.listed(ClusterChange.objects.filter(clusters=cluster))


class UndoChange(APIView):
    """A change taken back."""

    @extend_schema(request=None, responses=s.ChangeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Everything that it touched as it was before; 409 `changed_since` names what is newer."""
        change = surgery.undo(viewer(request), _change(request, pk))
        return Response(s.ChangeSerializer(change).data)


class RedoChange(APIView):
    """A change made again."""

    @extend_schema(request=None, responses=s.ChangeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Everything that it touched as it was after it; 409 `changed_since` as for undoing."""
        change = surgery.redo(viewer(request), _change(request, pk))
        return Response(s.ChangeSerializer(change).data)


def _made(change: ClusterChange) -> Response:
    return Response(s.ChangeSerializer(change).data, status=status.HTTP_201_CREATED)


def _change(request: Request, pk: int) -> ClusterChange:
    mine = ClusterChange.objects.for_user(viewer(request)).select_related("project__team")
    change = get_object_or_404(mine, pk=pk)
    teams.require_writer(viewer(request), change.project.team)
    return change


def _clusters(request: Request, ids: Sequence[int]) -> list[Cluster]:
    rows = Cluster.objects.for_user(viewer(request)).filter(pk__in=ids)
    found = list(rows.select_related("project__team"))
    if len(found) != len(set(ids)):
        raise NotFound("cluster_unknown", "Some of these clusters are not there.")
    return found
