"""Addresses of the pages that show scores, and of what one does there."""

from django.urls import include, path

from submissions.pages import views as runs

from . import views
from .styleguide import styleguide

submissions = [
    path("submissions/", views.submission_list, name="list"),
    path("s/<uuid:pk>/", views.submission_detail, name="detail"),
    path("s/<uuid:pk>/cancel/", runs.submission_cancel, name="cancel"),
    path("s/<uuid:pk>/edit/", runs.submission_edit, name="edit"),
    path("s/<uuid:pk>/withdraw/", views.submission_withdraw, name="withdraw"),
    path("s/<uuid:pk>/restore/", views.submission_restore, name="restore"),
    path("s/<uuid:pk>/log.txt", views.submission_log, name="log"),
    path("s/<uuid:pk>/model.zip", runs.submission_model, name="model"),
    path("s/<uuid:pk>/files/<str:name>", runs.submission_file, name="file"),
]
boards = [
    path("c/<slug:slug>/leaderboard/", views.leaderboard_page, name="leaderboard"),
    path("c/<slug:slug>/leaderboard.csv", views.leaderboard_csv, name="leaderboard_csv"),
]
urlpatterns = [
    path("", include((submissions, "submissions"))),
    path("", include((boards, "evaluation"))),
    path("styleguide/", styleguide, name="styleguide"),
]
