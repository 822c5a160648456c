"""Addresses of projects, feedback and plans.

A cluster's own pages show jobs, a project's settings runners: see `agents.urls`.
"""

from __future__ import annotations

from django.urls import path

from clusters.views.clusters import cluster_dismiss, cluster_edit, cluster_reopen
from clusters.views.feedback import feedback_new, import_report, project_import
from clusters.views.plans import plan_approve, plan_edit, plan_generate, plan_withdraw
from clusters.views.projects import project_connect, project_new
from clusters.views.repositories import repository_list

urlpatterns = [
    path("projects/new/", project_new, name="project_new"),
    path("projects/new/repositories/", repository_list, name="repository_list"),
    path("projects/new/github/", project_connect, name="project_connect"),
    path("projects/<int:project_id>/import/", project_import, name="project_import"),
    path("projects/<int:project_id>/feedback/new/", feedback_new, name="feedback_new"),
    path("imports/<int:import_id>/", import_report, name="import_report"),
    path("clusters/<int:cluster_id>/edit/", cluster_edit, name="cluster_edit"),
    path("clusters/<int:cluster_id>/dismiss/", cluster_dismiss, name="cluster_dismiss"),
    path("clusters/<int:cluster_id>/reopen/", cluster_reopen, name="cluster_reopen"),
    path("clusters/<int:cluster_id>/plan/generate/", plan_generate, name="plan_generate"),
    path("clusters/<int:cluster_id>/plan/approve/", plan_approve, name="plan_approve"),
    path("clusters/<int:cluster_id>/plan/withdraw/", plan_withdraw, name="plan_withdraw"),
    path("clusters/<int:cluster_id>/plan/edit/<str:section>/", plan_edit, name="plan_edit"),
]
