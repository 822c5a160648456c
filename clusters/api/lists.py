"""Lists over all projects of the viewer."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api import serializers as s
from clusters.api.views import integer, typed, viewer_of
from clusters.models import Cluster, Project
from clusters.services import search

FILTERS = [
    OpenApiParameter("project_id", OpenApiTypes.INT),
    OpenApiParameter("status", OpenApiTypes.STR, enum=Cluster.Status.values),
    OpenApiParameter("search", OpenApiTypes.STR),
]


class OfMyProjects(APIView):
    """A list over all projects of the viewer."""

    @cached_property
    def mine(self) -> list[int]:
        """The viewer's projects."""
        found = Project.objects.for_user(viewer_of(self))
        return list(found.values_list("pk", flat=True))


class Clusters(OfMyProjects, generics.ListAPIView[Cluster]):
    """The clusters of your projects: the open ones, most impact first, then the others."""

    serializer_class = s.ClusterSerializer

    @extend_schema(parameters=FILTERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Filter by project, status and words of title and summary.

        A search finds words by how they begin, and 500 clusters at most.
        """
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Cluster]:
        """Only the viewer's. Statuses that are asked for stand beside each other."""
        rank = [] if self.request.query_params.get("status") else ["-rank"]
        clusters = Cluster.objects.order_by(*rank, "-impact", "-id")
        rows = clusters.filter(project__in=self.mine, merged_into=None)
        return rows if self.found is None else rows.filter(pk__in=self.found)

    def within(self) -> dict[str, list[Any]]:
        """Every project and status along its index."""
        within: dict[str, list[Any]] = {"project": self.wanted} if self.found is None else {}
        if wanted := typed(self.request.query_params.get("status")):
            within["status"] = sorted({*wanted.split(",")} & {*Cluster.Status.values})
        return within

    @cached_property
    def wanted(self) -> list[int]:
        """The projects that are asked for, of the viewer's."""
        wanted = self.request.query_params.get("project_id")
        key = integer(wanted, "project_id") if wanted else None
        return [each for each in self.mine if key in (None, each)]

    @cached_property
    def found(self) -> list[int] | None:
        """What a search found; None without one."""
        words = typed(self.request.query_params.get("search"))
        return search.matching(words, self.wanted) if words else None
