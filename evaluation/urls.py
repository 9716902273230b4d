"""Addresses of the pages that show scores, of a challenge's other pages, and of what one does there."""

from django.urls import include, path

from hackathon.dataset.files import data_file
from submissions.pages import data
from submissions.pages import views as runs
from submissions.watch.views import hackathon_dashboard

from . import views
from .challenge_page import challenge_detail
from .styleguide import styleguide

submissions = [
    path("submissions/", views.submission_list, name="list"),
    path("submissions.csv", views.submission_list_csv, name="list_csv"),
    path("s/<uuid:pk>/", views.submission_detail, name="detail"),
    path("s/<uuid:pk>/errors/", views.submission_errors, name="errors"),
    path("s/<uuid:pk>/cancel/", runs.submission_cancel, name="cancel"),
    path("s/<uuid:pk>/edit/", runs.submission_edit, name="edit"),
    path("s/<uuid:pk>/withdraw/", views.submission_withdraw, name="withdraw"),
    path("s/<uuid:pk>/restore/", views.submission_restore, name="restore"),
    path("s/<uuid:pk>/log.txt", views.submission_log, name="log"),
    path("s/<uuid:pk>/model.zip", runs.submission_model, name="model"),
    path("s/<uuid:pk>/files/<str:name>", runs.submission_file, name="file"),
]
challenges = [
    path("<slug:slug>/", challenge_detail, name="detail"),
    path("<slug:slug>/submit/", runs.challenge_submit, name="submit"),
    path("<slug:slug>/data/", data.challenge_data, name="data"),
    path("<slug:slug>/data/<int:version>/<str:name>", data.data_download, name="data_download"),
    path("<slug:slug>/data/<int:version>/files/<str:name>", data_file, name="data_file"),
]
boards = [
    path("c/<slug:slug>/leaderboard/", views.leaderboard_page, name="leaderboard"),
    path("c/<slug:slug>/leaderboard.csv", views.leaderboard_csv, name="leaderboard_csv"),
]
hackathons = [
    path("h/<slug:slug>/", views.hackathon_detail, name="detail"),
    path("h/<slug:slug>/dashboard/", hackathon_dashboard, name="dashboard"),
]
urlpatterns = [
    path("", views.home, name="home"),
    path("", include((hackathons, "hackathons"))),
    path("", include((submissions, "submissions"))),
    path("c/", include((challenges, "challenges"))),
    path("", include((boards, "evaluation"))),
    path("styleguide/", styleguide, name="styleguide"),
]
