"""Projects, feedback, clusters and plans over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api import serializers as s
from clusters.models import Cluster, FeedbackItem, Project, Source
from clusters.services import clusters, feedback, projects
from clusters.sources.api import parse_payload
from clusters.sources.base import FILE_LIMIT
from credentials.errors import Invalid
from credentials.models import User
from credentials.services import teams


def viewer(request: Request) -> User:
    """The signed-in person (the permission class has seen to it)."""
    assert isinstance(request.user, User)
    return request.user


class Projects(generics.ListCreateAPIView[Project]):
    """The projects of your teams."""

    serializer_class = s.ProjectSerializer

    def get_queryset(self) -> QuerySet[Project]:
        """Newest first."""
        return Project.objects.for_user(viewer_of(self)).order_by("-id")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Connect a repository."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        user = viewer(request)
        team = values.pop("team", None) or teams.personal_team(user)
        project = projects.create_project(user, team, **values)
        return Response(self.get_serializer(project).data, status=status.HTTP_201_CREATED)


class OneProject(generics.RetrieveAPIView[Project]):
    """One project."""

    serializer_class = s.ProjectSerializer

    def get_queryset(self) -> QuerySet[Project]:
        """Only the viewer's."""
        return Project.objects.for_user(viewer_of(self)).select_related("team")

    @extend_schema(request=s.ProjectSerializer, responses=s.ProjectSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change its settings."""
        project = self.get_object()
        serializer = self.get_serializer(project, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = projects.update_project(viewer(request), project, **serializer.validated_data)
        return Response(self.get_serializer(changed).data)


class ProjectAllowedHosts(APIView):
    """The hosts that a project's jobs may reach."""

    @extend_schema(request=s.HostSerializer, responses={200: s.ProjectSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Allow one more; one that is allowed already changes nothing.

        A phase that reached nothing reaches the allowed hosts from now on.
        """
        project = get_object_or_404(
            Project.objects.for_user(viewer(request)).select_related("team"), pk=pk
        )
        teams.require_writer(viewer(request), project.team)
        wanted = s.HostSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        projects.allow_host(
            viewer(request),
            project,
            wanted.validated_data["host"],
            wanted.validated_data["phase"],
            wanted.validated_data.get("port"),
        )
        project.refresh_from_db()
        return Response(s.ProjectSerializer(project, context={"request": request}).data)


class ProjectFeedback(generics.ListAPIView[FeedbackItem]):
    """The reports of a project."""

    serializer_class = s.FeedbackSerializer

    def get_queryset(self) -> QuerySet[FeedbackItem]:
        """Newest first."""
        project = get_object_or_404(Project.objects.for_user(viewer_of(self)), pk=self.kwargs["pk"])
        return FeedbackItem.objects.filter(project=project).select_related("source").order_by("-id")

    @extend_schema(request=s.IncomingSerializer, responses={201: s.IngestedSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Send one report or many. The same `external_id` twice is one item.

        201 when something is new, 200 when everything was known, 400 when all was refused.
        """
        project = get_object_or_404(Project.objects.for_user(viewer(request)), pk=pk)
        source = feedback.source_of(project, Source.Kind.API)
        result = feedback.ingest(viewer(request), project, source, parse_payload(request.data))
        body = {
            "created": [item.pk for item in result.created],
            "duplicates": result.duplicates,
            "refused": [
                {"row": e.row, "reason": e.reason, "excerpt": e.excerpt} for e in result.refused
            ],
        }
        if result.refused and not result.created and not result.duplicates:
            raise Invalid("all_refused", result.refused[0].reason, **body)
        return Response(
            body, status=status.HTTP_201_CREATED if result.created else status.HTTP_200_OK
        )


class ProjectImport(APIView):
    """Send a file of reports."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": s.UploadSerializer}, responses={201: s.ImportSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """CSV or JSON lines, at most 20 MB; the answer tells of every refused row."""
        project = get_object_or_404(Project.objects.for_user(viewer(request)), pk=pk)
        upload = s.UploadSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        file = upload.validated_data["file"]
        if file.size > FILE_LIMIT:
            raise Invalid(
                "file_too_large",
                f"The file has {file.size:,} bytes; at most {FILE_LIMIT:,} are taken. Split it.",
            )
        record = feedback.import_file(
            viewer(request),
            project,
            name=file.name,
            data=file.read(),
            kind=upload.validated_data.get("kind", ""),
        )
        return Response(s.ImportSerializer(record).data, status=status.HTTP_201_CREATED)


class OneCluster(generics.RetrieveAPIView[Cluster]):
    """One cluster."""

    serializer_class = s.ClusterSerializer

    def get_queryset(self) -> QuerySet[Cluster]:
        """Only the viewer's."""
        return Cluster.objects.for_user(viewer_of(self)).select_related("project__team")

    @extend_schema(request=s.ClusterSerializer, responses=s.ClusterSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Give it a title and summary of your own."""
        cluster = self.get_object()
        serializer = self.get_serializer(cluster, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        values = {"title": cluster.title, "summary": cluster.summary, **serializer.validated_data}
        return Response(self.get_serializer(clusters.edit(viewer(request), cluster, **values)).data)


class ClusterFeedback(generics.ListAPIView[FeedbackItem]):
    """The reports of a cluster."""

    serializer_class = s.FeedbackSerializer

    def get_queryset(self) -> QuerySet[FeedbackItem]:
        """Newest first."""
        return feedback.of_cluster(the_cluster(self.request, self.kwargs["pk"]).pk)


def viewer_of(view: APIView) -> User:
    """The signed-in person of a view."""
    return viewer(view.request)


def the_cluster(request: Request, pk: int) -> Cluster:
    """The viewer's cluster, or 404."""
    return get_object_or_404(
        Cluster.objects.for_user(viewer(request)).select_related("project__team"), pk=pk
    )


def typed(text: str | None) -> str:
    """What stands in an address, without the NULs that PostgreSQL refuses."""
    return (text or "").replace("\0", "")


def integer(text: str, name: str) -> int:
    """A number of the address; Invalid for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("invalid", f"{name} has to be a number.", fields={name: ["Not a number."]})
    return int(text)
