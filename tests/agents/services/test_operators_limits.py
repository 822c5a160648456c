"""What only an operator may open to projects."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from agents.sandboxes.base import Reach
from agents.services import contexts
from clusters.models import Cluster, Project
from clusters.services import projects
from credentials.errors import Invalid
from credentials.models import User
from tests import factories

CHANGES = [
    ("setup_network", "open", "SOULCASTER_OPEN_NETWORK"),
    ("agent_network", "open", "SOULCASTER_OPEN_NETWORK"),
    ("allow_unisolated", True, "SOULCASTER_UNISOLATED_RUNS"),
]


@pytest.mark.parametrize(("field", "value", "setting"), CHANGES)
def test_a_project_chooses_it_only_where_the_operator_allows_it(
    alice: User, project: Project, settings: Settings, field: str, value: object, setting: str
) -> None:
    projects.update_project(alice, project, **{field: value})
    setattr(settings, setting.removeprefix("SOULCASTER_"), False)

    with pytest.raises(Invalid) as refused:
        projects.update_project(alice, project, **{field: value})

    assert setting in refused.value.fields[field][0]


def test_what_a_project_chose_before_counts_no_more(
    project: Project, cluster: Cluster, settings: Settings
) -> None:
    project.setup_network = project.agent_network = "open"
    project.allow_unisolated = True
    job = factories.make_job(project, cluster)
    chosen = contexts._settings(job, "main")
    assert (chosen.setup_network, chosen.agent_network) == (Reach.OPEN, Reach.OPEN)
    assert chosen.allow_unisolated

    settings.OPEN_NETWORK = settings.UNISOLATED_RUNS = False

    chosen = contexts._settings(job, "main")
    assert (chosen.setup_network, chosen.agent_network) == (Reach.LIST, Reach.LIST)
    assert not chosen.allow_unisolated
