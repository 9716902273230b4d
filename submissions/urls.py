"""Addresses of home, hackathon and workers: pages that read teams, quota and queue, but no score."""

from django.urls import include, path

from .pages import views
from .watch import views as dashboard_views
from .watch.prometheus import metrics

hackathons = [
    path("<slug:slug>/", views.hackathon_detail, name="detail"),
    path("<slug:slug>/dashboard/", dashboard_views.hackathon_dashboard, name="dashboard"),
]
urlpatterns = [
    path("", views.home, name="home"),
    path("metrics", metrics),
    path("models/<slug:slug>.zip", views.base_model_download, name="base-model"),
    path("workers/", dashboard_views.workers, name="workers"),
    path("h/", include((hackathons, "hackathons"))),
]
