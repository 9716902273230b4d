from django.urls import path

from . import errors, report, views

urlpatterns = [
    path("submissions/", views.SubmissionsView.as_view(), name="submissions"),
    path("submissions/<uuid:submission_id>/", views.SubmissionView.as_view(), name="submission"),
    path("submissions/<uuid:submission_id>/report/", report.ReportView.as_view(), name="submission_report"),
    path("submissions/<uuid:submission_id>/errors/", errors.ErrorsView.as_view(), name="submission_errors"),
    path("submissions/<uuid:submission_id>/withdraw/", views.WithdrawView.as_view(), name="withdraw"),
    path("submissions/<uuid:submission_id>/restore/", views.RestoreView.as_view(), name="restore"),
    path("leaderboard/<uuid:phase_id>/", views.LeaderboardView.as_view(), name="leaderboard"),
]
