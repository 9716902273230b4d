from django.urls import path

from . import views

urlpatterns = [
    path("submissions/validate/", views.ValidateView.as_view(), name="validate"),
    path("submissions/<uuid:submission_id>/curve/", views.CurveView.as_view(), name="curve"),
    path("submissions/<uuid:submission_id>/log/", views.LogView.as_view(), name="log"),
    path("submissions/<uuid:submission_id>/cancel/", views.CancelView.as_view(), name="cancel"),
    path("submissions/<uuid:submission_id>/model/", views.ModelView.as_view(), name="model"),
    path("submissions/<uuid:submission_id>/artifacts/<str:name>/", views.ArtifactView.as_view(), name="artifact"),
]
