"""Addresses of projects, feedback and plans.

A cluster's own pages show jobs, a project's settings runners: see `agents.urls`.
"""

from __future__ import annotations

from django.urls import path

from clusters.views import surgery
from clusters.views.clusters import cluster_dismiss, cluster_edit, cluster_reopen
from clusters.views.cutting import cluster_move, cluster_split
from clusters.views.feedback import feedback_new, import_report, project_import
from clusters.views.feedback_form import feedback_embed, feedback_form, feedback_thanks
from clusters.views.intake import intake_push
from clusters.views.plan_comments import (
    plan_comment,
    plan_comment_reopen,
    plan_comment_resolve,
)
from clusters.views.plans import (
    plan_approve,
    plan_drafting,
    plan_edit,
    plan_generate,
    plan_reject,
    plan_unreject,
    plan_withdraw,
)
from clusters.views.projects import project_connect, project_new
from clusters.views.questions import question_answer
from clusters.views.repositories import repository_list
from clusters.views.source_changes import (
    source_edit,
    source_new,
    source_pause,
    source_remove,
    source_resume,
    source_secret,
    source_sync,
    source_test,
)
from clusters.views.sources import source, source_reports, source_state, sources

urlpatterns = [
    path("in/<slug:kind>/<slug:public_key>", intake_push, name="intake_push"),
    path("projects/new/", project_new, name="project_new"),
    path("projects/new/repositories/", repository_list, name="repository_list"),
    path("projects/new/github/", project_connect, name="project_connect"),
    path("projects/<int:project_id>/import/", project_import, name="project_import"),
    path("projects/<int:project_id>/feedback/new/", feedback_new, name="feedback_new"),
    path("imports/<int:import_id>/", import_report, name="import_report"),
    path("projects/<int:project_id>/sources/", sources, name="sources"),
    path("projects/<int:project_id>/sources/new/<slug:kind>/", source_new, name="source_new"),
    path("sources/<int:source_id>/", source, name="source"),
    path("sources/<int:source_id>/state/", source_state, name="source_state"),
    path("sources/<int:source_id>/reports/", source_reports, name="source_reports"),
    path("sources/<int:source_id>/edit/", source_edit, name="source_edit"),
    path("sources/<int:source_id>/secret/", source_secret, name="source_secret"),
    path("sources/<int:source_id>/test/", source_test, name="source_test"),
    path("sources/<int:source_id>/sync/", source_sync, name="source_sync"),
    path("sources/<int:source_id>/pause/", source_pause, name="source_pause"),
    path("sources/<int:source_id>/resume/", source_resume, name="source_resume"),
    path("sources/<int:source_id>/remove/", source_remove, name="source_remove"),
    path("f/<slug:public_key>/", feedback_form, name="feedback_form"),
    path("f/<slug:public_key>/thanks/", feedback_thanks, name="feedback_thanks"),
    path("f/<slug:public_key>/embed.js", feedback_embed, name="feedback_embed"),
    path("clusters/merge/", surgery.clusters_merge, name="clusters_merge"),
    path("clusters/dismiss/", surgery.clusters_dismiss, name="clusters_dismiss"),
    path("clusters/reopen/", surgery.clusters_reopen, name="clusters_reopen"),
    path("clusters/lock/", surgery.clusters_lock, name="clusters_lock"),
    path("clusters/<int:cluster_id>/split/", cluster_split, name="cluster_split"),
    path("clusters/<int:cluster_id>/move/", cluster_move, name="cluster_move"),
    path("changes/<int:change_id>/undo/", surgery.change_undo, name="change_undo"),
    path("changes/<int:change_id>/redo/", surgery.change_redo, name="change_redo"),
    path("clusters/<int:cluster_id>/edit/", cluster_edit, name="cluster_edit"),
    path("clusters/<int:cluster_id>/dismiss/", cluster_dismiss, name="cluster_dismiss"),
    path("clusters/<int:cluster_id>/reopen/", cluster_reopen, name="cluster_reopen"),
    path("clusters/<int:cluster_id>/plan/generate/", plan_generate, name="plan_generate"),
    path("clusters/<int:cluster_id>/plan/approve/", plan_approve, name="plan_approve"),
    path("clusters/<int:cluster_id>/plan/withdraw/", plan_withdraw, name="plan_withdraw"),
    path("clusters/<int:cluster_id>/plan/edit/<str:section>/", plan_edit, name="plan_edit"),
    path("clusters/<int:cluster_id>/plan/drafting/", plan_drafting, name="plan_drafting"),
    path("clusters/<int:cluster_id>/plan/reject/", plan_reject, name="plan_reject"),
    path("clusters/<int:cluster_id>/plan/unreject/", plan_unreject, name="plan_unreject"),
    path("clusters/<int:cluster_id>/plan/comment/", plan_comment, name="plan_comment"),
    path(
        "plan_comments/<int:comment_id>/resolve/", plan_comment_resolve, name="plan_comment_resolve"
    ),
    path("plan_comments/<int:comment_id>/reopen/", plan_comment_reopen, name="plan_comment_reopen"),
    path("plan_questions/<int:question_id>/answer/", question_answer, name="question_answer"),
]
