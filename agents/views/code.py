"""Code is shown to those alone whom the forge shows it to."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from clusters.forges.base import ForgeError
from clusters.models import Project
from clusters.services.projects import repositories
from credentials.errors import Forbidden
from credentials.views.helpers import signed_in


def require_code(request: HttpRequest, project: Project) -> None:
    """403 unless the viewer may read the project's repository with their own account."""
    if sentence := code_refusal(request, project):
        raise PermissionDenied(sentence)


def code_refusal(request: HttpRequest, project: Project) -> str:
    """Why the viewer is shown no code, for pages that show the rest; '' when they may read it."""
    try:
        repositories.require_read(project, signed_in(request))
    except (Forbidden, ForgeError) as error:
        return str(error)
    return ""
