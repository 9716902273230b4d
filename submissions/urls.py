"""Addresses of challenges and nodes: pages that read teams, quota and queue, but no score."""

from django.urls import include, path

from hackathon.dataset.files import data_file

from .pages import data, views
from .watch import views as dashboard_views
from .watch.prometheus import metrics

challenges = [
    path("<slug:slug>/", views.challenge_detail, name="detail"),
    path("<slug:slug>/submit/", views.challenge_submit, name="submit"),
    path("<slug:slug>/data/", data.challenge_data, name="data"),
    path("<slug:slug>/data/<int:version>/<str:name>", data.data_download, name="data_download"),
    path("<slug:slug>/data/<int:version>/files/<str:name>", data_file, name="data_file"),
]
urlpatterns = [
    path("metrics", metrics),
    path("models/<slug:slug>.zip", views.base_model_download, name="base-model"),
    path("workers/", dashboard_views.workers, name="workers"),
    path("c/", include((challenges, "challenges"))),
]
