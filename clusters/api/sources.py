"""Sources over HTTP: connected, changed, tried, removed."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.api import source_serializers as s
from clusters.api.views import viewer, viewer_of
from clusters.models import Project, Source
from clusters.services import sources as service
from clusters.services.sources import kinds as source_kinds
from credentials.models import Team
from credentials.querysets import WRITERS
from credentials.services import teams

_REMOVAL = OpenApiParameter(
    "items", str, enum=["keep", "delete"], description="What becomes of its reports; usually kept."
)


class ProjectSources(generics.GenericAPIView[Source]):
    """Where a project's feedback comes from."""

    serializer_class = s.SourceSerializer

    def get_queryset(self) -> QuerySet[Source]:
        """Oldest first."""
        return service.of_project(self._project()).select_related("connected_by")

    @extend_schema(responses=s.SourceSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Every source with its health. Addresses and settings never hold a secret."""
        page = self.paginate_queryset(self.get_queryset())
        writer = _writes(request, self._project().team)
        return self.get_paginated_response(s.described(page or [], writer=writer))

    @extend_schema(request=s.ConnectSerializer, responses={201: s.ConnectedSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Connect a source. A secret that we make is in this answer and never again."""
        project = self._project()
        teams.require_writer(viewer(request), project.team)
        wish = s.ConnectSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        values = dict(wish.validated_data)
        info = source_kinds.connectable(values.pop("kind"))
        made = service.new_secret() if info.signed_with == "ours" and "secret" not in values else ""
        source = service.create(
            viewer(request),
            project,
            kind=info.kind,
            name=values.pop("name", info.title),
            config=values.pop("config", {}),
            secret=values.pop("secret", made),
            **values,
        )
        body = s.described([source], writer=True)[0] | {"secret": made}
        return Response(body, status=status.HTTP_201_CREATED)

    def _project(self) -> Project:
        projects = Project.objects.for_user(viewer_of(self)).select_related("team")
        return get_object_or_404(projects, pk=self.kwargs["pk"])


class OneSource(APIView):
    """One source."""

    @extend_schema(responses=s.SourceSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Its settings and its health."""
        return _answer(request, the_source(request, pk))

    @extend_schema(request=s.ChangeSerializer, responses=s.SourceSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change it, pause it (`enabled: false`) or let it go on."""
        source = the_source(request, pk)
        change = s.ChangeSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        service.update(viewer(request), source, **change.validated_data)
        return _answer(request, the_source(request, pk))

    @extend_schema(parameters=[_REMOVAL], responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Remove it. Its reports stay as evidence, unless `items=delete`."""
        keep = request.query_params.get("items") != "delete"
        service.remove(viewer(request), the_source(request, pk), keep_items=keep)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SourceTest(APIView):
    """Trying a source."""

    @extend_schema(request=None, responses=s.TestResultSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Try it once; nothing is stored. `ok` says whether it works, `text` what was seen."""
        result = service.test(viewer(request), the_source(request, pk))
        return Response({"ok": result.ok, "text": result.text, "code": result.code})


class SourceSync(APIView):
    """Fetching from a source."""

    @extend_schema(request=None, responses={202: s.SourceSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Have it asked soon."""
        source = the_source(request, pk)
        service.sync_now(viewer(request), source)
        answer = _answer(request, the_source(request, pk))
        answer.status_code = status.HTTP_202_ACCEPTED
        return answer


class SourceSecret(APIView):
    """The secret that the two sides share. It can be replaced, and never be read."""

    @extend_schema(request=s.GivenSecretSerializer, responses=s.NewSecretSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Put another one in its place; the old one ends within seconds."""
        source = the_source(request, pk)
        given = s.GivenSecretSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        value = given.validated_data.get("secret", "")
        text = service.replace_secret(viewer(request), source, value)
        return Response({"secret": "" if value else text})


def the_source(request: Request, pk: int) -> Source:
    """The viewer's source, or 404."""
    mine = service.there(Source.objects.for_user(viewer(request)))
    return get_object_or_404(mine.select_related("project__team", "secret", "connected_by"), pk=pk)


def _answer(request: Request, source: Source) -> Response:
    writer = _writes(request, source.project.team)
    return Response(s.described([source], writer=writer)[0])


def _writes(request: Request, team: Team) -> bool:
    return teams.role_of(viewer(request), team) in WRITERS
