"""How corrections of clusters look in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clusters.models import ClusterChange
from clusters.services import changes
from clusters.services.surgery import LIMIT, MOST_CLUSTERS


def _key() -> serializers.IntegerField:
    """The id of a row."""
    return serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class ChangeSerializer(serializers.ModelSerializer[ClusterChange]):
    """One change by a person. It can be undone while nothing newer stands on it."""

    text = serializers.SerializerMethodField()
    made_by = serializers.CharField(source="made_by.username", default=None)
    undone_by = serializers.CharField(source="undone_by.username", default=None)
    cluster = serializers.SerializerMethodField()

    class Meta:
        model = ClusterChange
        fields = [
            "id", "kind", "text", "cluster", "made_by", "made_at", "undone_by", "undone_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_text(self, change: ClusterChange) -> str:
        """What was done, as a sentence."""
        return changes.sentence(change)

    def get_cluster(self, change: ClusterChange) -> int | None:
        """Where the reports went: the survivor, the new cluster, or the target; else null."""
        place: int | None = changes.facts_of(change).get("cluster")
        return place


class MergeSerializer(serializers.Serializer[Any]):
    """Clusters of one project; `into` stays. `keep_title`: later reports do not change its title."""

    clusters = serializers.ListField(child=_key(), min_length=1, max_length=MOST_CLUSTERS)
    into = _key()
    keep_title = serializers.BooleanField(default=False)


class SplitSerializer(serializers.Serializer[Any]):
    """Reports that become a cluster of their own; without a title it takes one of their words."""

    items = serializers.ListField(child=_key(), min_length=1, max_length=LIMIT)
    title = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class MoveSerializer(serializers.Serializer[Any]):
    """Reports, and the cluster of their project that they belong to."""

    items = serializers.ListField(child=_key(), min_length=1, max_length=LIMIT)
    to = _key()


class ProposalSerializer(serializers.Serializer[Any]):
    """The ids of a cluster's reports, group by group; one group: there is nothing to split."""

    groups = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
