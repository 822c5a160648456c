"""Who am I, and in which teams?"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credentials.models import Membership, User


class TeamRoleSerializer(serializers.ModelSerializer[Membership]):
    """One team and the person's role in it."""

    id = serializers.IntegerField(source="team_id")
    name = serializers.CharField(source="team.name")

    class Meta:
        model = Membership
        fields = ["id", "name", "role"]


class MeSerializer(serializers.ModelSerializer[User]):
    """The person of the session or token."""

    teams = TeamRoleSerializer(source="memberships", many=True, read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "full_name", "time_zone", "teams"]


class Me(APIView):
    """The person who asks."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Name and teams."""
        user = User.objects.prefetch_related("memberships__team").get(
            username=request.user.get_username()
        )
        return Response(MeSerializer(user).data)
