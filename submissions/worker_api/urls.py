"""Addresses of the GPU nodes' API."""

from django.urls import path

from . import views as worker

app_name = "worker_api"
urlpatterns = [
    path("enrol/", worker.EnrolView.as_view(), name="enrol"),
    path("claim/", worker.ClaimView.as_view(), name="claim"),
    path("jobs/<uuid:job_id>/progress/", worker.ProgressView.as_view(), name="progress"),
    path("jobs/<uuid:job_id>/urls/", worker.UrlsView.as_view(), name="urls"),
    path("jobs/<uuid:job_id>/result/", worker.ResultView.as_view(), name="result"),
    path("jobs/<uuid:job_id>/failure/", worker.FailureView.as_view(), name="failure"),
    path("jobs/<uuid:job_id>/release/", worker.ReleaseView.as_view(), name="release"),
    path("files/<str:signed>", worker.FileView.as_view(), name="file"),
]
