"""Addresses of the people's API. Rooms above this one are named by string."""

from django.urls import include, path

from . import data, views

app_name = "api"
urlpatterns = [
    path("hackathons/", views.HackathonsView.as_view(), name="hackathons"),
    path("hackathons/<slug:slug>/", views.HackathonView.as_view(), name="hackathon"),
    path("challenges/", views.ChallengesView.as_view(), name="challenges"),
    path("challenges/<slug:slug>/", views.ChallengeView.as_view(), name="challenge"),
    path("challenges/<slug:slug>/data/", data.DataView.as_view(), name="data"),
    path("challenges/<slug:slug>/data/<int:version>/files/<str:file>/", data.DataFileView.as_view(), name="data-file"),
    path("challenges/<slug:slug>/data/<str:split>/rows/", data.RowsView.as_view(), name="data-rows"),
    path("challenges/<slug:slug>/config-schema/", views.ConfigSchemaView.as_view(), name="config-schema"),
    path("", include("teams.api.urls")),
    path("", include("submissions.api.urls")),
    path("", include("evaluation.api.urls")),
]
