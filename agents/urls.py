"""Addresses of the inbox, clusters, jobs, pull requests, and of what forges tell us."""

from __future__ import annotations

from django.urls import path

from agents import webhooks
from agents.views import (
    approvals,
    clusters,
    doctor,
    evidence,
    hosts,
    inbox,
    jobs,
    metrics,
    plan,
    pulls,
    queue,
    retries,
    runner_state,
    usage,
)
from agents.views.preflight import cluster_preflight
from agents.views.project_settings import project_settings

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("webhooks/github", webhooks.github, name="webhook_github"),
    path("clusters/<int:cluster_id>/", evidence.cluster, name="cluster"),
    path("clusters/<int:cluster_id>/preview/", inbox.cluster_preview, name="cluster_preview"),
    path("clusters/<int:cluster_id>/similar/", inbox.cluster_similar, name="cluster_similar"),
    path("clusters/<int:cluster_id>/plan/", plan.cluster_plan, name="cluster_plan"),
    path("clusters/<int:cluster_id>/plan/agent/", plan.plan_by_agent, name="plan_by_agent"),
    path("clusters/<int:cluster_id>/preflight/", cluster_preflight, name="cluster_preflight"),
    path("clusters/<int:cluster_id>/jobs/", clusters.cluster_jobs, name="cluster_jobs"),
    path("clusters/<int:cluster_id>/activity/", clusters.cluster_activity, name="cluster_activity"),
    path("clusters/<int:cluster_id>/start_fix/", clusters.start_fix, name="start_fix"),
    path("clusters/<int:cluster_id>/runner/", runner_state.cluster_runner, name="cluster_runner"),
    path("projects/<int:project_id>/settings/", project_settings, name="project_settings"),
    path("doctor/", doctor.doctor, name="doctor"),
    path("doctor/<slug:part>/", doctor.doctor_part, name="doctor_part"),
    path("queue/", queue.queue, name="queue"),
    path("queue/state/", queue.queue_state, name="queue_state"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:job_id>/", jobs.job, name="job"),
    path("jobs/<int:job_id>/receipts/", jobs.job_receipts, name="job_receipts"),
    path("jobs/<int:job_id>/diff/", jobs.job_diff, name="job_diff"),
    path("jobs/<int:job_id>/prompt/", jobs.job_prompt, name="job_prompt"),
    path("jobs/<int:job_id>/activity/", jobs.job_activity, name="job_activity"),
    path("jobs/<int:job_id>/state/", jobs.job_state, name="job_state"),
    path("jobs/<int:job_id>/log.txt", jobs.job_log_text, name="job_log_text"),
    path("jobs/<int:job_id>/log/<int:seq>/", jobs.job_log_at, name="job_log_at"),
    path("jobs/<int:job_id>/artifacts/<int:artifact_id>/", jobs.job_artifact, name="job_artifact"),
    path("jobs/<int:job_id>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("jobs/<int:job_id>/retry/", retries.job_retry, name="job_retry"),
    path("jobs/<int:job_id>/priority/", retries.job_priority, name="job_priority"),
    path("jobs/<int:job_id>/approve/", approvals.job_approve, name="job_approve"),
    path("jobs/<int:job_id>/reject/", approvals.job_reject, name="job_reject"),
    path("insights/", metrics.metrics, name="insights"),
    path("insights/export.csv", metrics.metrics_csv, name="insights_csv"),
    path("usage/", usage.usage, name="usage"),
    path("usage/export.csv", usage.usage_csv, name="usage_csv"),
    path("jobs/<int:job_id>/runner/", runner_state.job_runner, name="job_runner"),
    path("jobs/<int:job_id>/allow_host/", hosts.job_allow_host, name="job_allow_host"),
    path("pulls/<int:pull_id>/", pulls.pull, name="pull"),
    path("pulls/<int:pull_id>/files/", pulls.pull_files, name="pull_files"),
    path("pulls/<int:pull_id>/ready/", pulls.pull_ready, name="pull_ready"),
    path("pulls/<int:pull_id>/merge/", pulls.pull_merge, name="pull_merge"),
    path("pulls/<int:pull_id>/close/", pulls.pull_close, name="pull_close"),
]
