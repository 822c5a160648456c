"""API addresses of jobs."""

from __future__ import annotations

from django.urls import path

from agents.api import approvals, metrics, plans, retries, status, usage, views

urlpatterns = [
    path("clusters/<int:pk>/start_fix", views.StartFix.as_view(), name="api_start_fix"),
    path("clusters/<int:pk>/plan/agent", plans.PlanByAgent.as_view(), name="api_plan_by_agent"),
    path("jobs", views.Jobs.as_view(), name="api_jobs"),
    path("jobs/<int:pk>", views.OneJob.as_view(), name="api_job"),
    path("jobs/<int:pk>/logs", views.JobLogs.as_view(), name="api_job_logs"),
    path("jobs/<int:pk>/retry", retries.Retry.as_view(), name="api_job_retry"),
    path("jobs/<int:pk>/approve", approvals.Approve.as_view(), name="api_job_approve"),
    path("jobs/<int:pk>/reject", approvals.Reject.as_view(), name="api_job_reject"),
    path("status", status.Status.as_view(), name="api_status"),
    path("projects/<int:pk>/metrics", metrics.ProjectMetrics.as_view(), name="api_metrics"),
    path("usage", usage.Usage.as_view(), name="api_usage"),
    path("runners", views.Runners.as_view(), name="api_runners"),
]
