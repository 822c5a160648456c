"""API addresses of projects, feedback, clusters and plans."""

from __future__ import annotations

from django.urls import path

from clusters.api import lists, plans, sources, surgery, views

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
    path("projects/<int:pk>/sources", sources.ProjectSources.as_view(), name="api_project_sources"),
    path("sources/<int:pk>", sources.OneSource.as_view(), name="api_source"),
    path("sources/<int:pk>/test", sources.SourceTest.as_view(), name="api_source_test"),
    path("sources/<int:pk>/sync", sources.SourceSync.as_view(), name="api_source_sync"),
    path("sources/<int:pk>/secret", sources.SourceSecret.as_view(), name="api_source_secret"),
    path("clusters", lists.Clusters.as_view(), name="api_clusters"),
    path("clusters/merge", surgery.MergeClusters.as_view(), name="api_merge"),
    path("feedback/move", surgery.MoveFeedback.as_view(), name="api_move"),
    path("clusters/<int:pk>/split", surgery.SplitCluster.as_view(), name="api_split"),
    path(
        "clusters/<int:pk>/proposed_split",
        surgery.ProposedSplit.as_view(),
        name="api_proposed_split",
    ),
    path("clusters/<int:pk>/lock", surgery.ClusterLock.as_view(), name="api_lock"),
    path("clusters/<int:pk>/changes", surgery.ClusterChanges.as_view(), name="api_changes"),
    path("changes/<int:pk>/undo", surgery.UndoChange.as_view(), name="api_undo"),
    path("changes/<int:pk>/redo", surgery.RedoChange.as_view(), name="api_redo"),
    path("clusters/<int:pk>", views.OneCluster.as_view(), name="api_cluster"),
    path(
        "clusters/<int:pk>/feedback", views.ClusterFeedback.as_view(), name="api_cluster_feedback"
    ),
    path("clusters/<int:pk>/plan", plans.ClusterPlan.as_view(), name="api_plan"),
    path("clusters/<int:pk>/plans", plans.PlanVersions.as_view(), name="api_plans"),
    path("clusters/<int:pk>/plan/drafting", plans.PlanDraftingState.as_view(), name="api_drafting"),
    path("clusters/<int:pk>/plan/approve", plans.PlanApproval.as_view(), name="api_plan_approval"),
    path("clusters/<int:pk>/plan/reject", plans.PlanRejection.as_view(), name="api_plan_rejection"),
    path("clusters/<int:pk>/plan/comments", plans.PlanComments.as_view(), name="api_plan_comments"),
    path("plan_comments/<int:pk>", plans.OnePlanComment.as_view(), name="api_plan_comment"),
    path(
        "clusters/<int:pk>/plan/questions", plans.PlanQuestions.as_view(), name="api_plan_questions"
    ),
    path("plan_questions/<int:pk>/answer", plans.PlanAnswer.as_view(), name="api_plan_answer"),
]
