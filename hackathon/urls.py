"""All addresses. Apps are named by string: this room is below them."""

from django.contrib import admin
from django.urls import include, path

from .api.document import DocumentView, docs
from .web import probes
from .web.error_pages import icon

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/worker/", include("submissions.worker_api.urls")),
    path("api/schema/", DocumentView.as_view(), name="schema"),
    path("api/docs/", docs, name="docs"),
    path("api/", include("hackathon.api.urls")),
    path("", include("hackathon.accounts.urls")),
    path("favicon.ico", icon),
    path("healthz", probes.healthz),
    path("readyz", probes.readyz),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("teams.urls")),
    path("", include("submissions.urls")),
    path("", include("evaluation.urls")),
]
handler400 = "hackathon.web.error_pages.bad_request"
handler403 = "hackathon.web.error_pages.permission_denied"
handler404 = "hackathon.web.error_pages.page_not_found"
handler429 = "hackathon.web.error_pages.too_many_requests"
handler500 = "hackathon.web.error_pages.server_error"
