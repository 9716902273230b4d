"""Addresses of home, hackathon and challenge: pages that read teams, quota and queue, but no score."""

from django.urls import include, path

from . import views
from .metrics import metrics

challenges = [
    path("<slug:slug>/", views.challenge_detail, name="detail"),
    path("<slug:slug>/submit/", views.challenge_submit, name="submit"),
]
urlpatterns = [
    path("", views.home, name="home"),
    path("metrics", metrics),
    path("h/", include(([path("<slug:slug>/", views.hackathon_detail, name="detail")], "hackathons"))),
    path("c/", include((challenges, "challenges"))),
]
