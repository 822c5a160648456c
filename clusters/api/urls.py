"""API addresses of projects, feedback, clusters and plans."""

from __future__ import annotations

from django.urls import path

from clusters.api import lists, views

urlpatterns = [
    path("projects", views.Projects.as_view(), name="api_projects"),
    path("projects/<int:pk>", views.OneProject.as_view(), name="api_project"),
    path(
        "projects/<int:pk>/allowed_hosts",
        views.ProjectAllowedHosts.as_view(),
        name="api_allowed_hosts",
    ),
    path("projects/<int:pk>/feedback", views.ProjectFeedback.as_view(), name="api_feedback"),
    path("projects/<int:pk>/import", views.ProjectImport.as_view(), name="api_import"),
    path("clusters", lists.Clusters.as_view(), name="api_clusters"),
    path("clusters/<int:pk>", views.OneCluster.as_view(), name="api_cluster"),
    path(
        "clusters/<int:pk>/feedback", views.ClusterFeedback.as_view(), name="api_cluster_feedback"
    ),
    path("clusters/<int:pk>/plan", views.ClusterPlan.as_view(), name="api_plan"),
    path("clusters/<int:pk>/plan/approve", views.PlanApproval.as_view(), name="api_plan_approval"),
]
