"""Addresses of base models, nodes and metrics."""

from django.urls import path

from .pages import views
from .watch import views as dashboard_views
from .watch.prometheus import metrics

urlpatterns = [
    path("metrics", metrics),
    path("models/<slug:slug>.zip", views.base_model_download, name="base-model"),
    path("workers/", dashboard_views.workers, name="workers"),
]
