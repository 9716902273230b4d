"""Where a challenge comes from: the steps, and the commands for the hackathons that are not over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from hackathon.bundles.challenge import CHALLENGE_YAML
from hackathon.clock import db_now
from hackathon.models import BaseModel, Hackathon
from training_worker.contract.tasks.spec import TEST, TEST_LABELS, TRAIN, VALIDATION

if TYPE_CHECKING:
    from .base import Admin

MOST = 10


def show_steps(page: Admin, request: HttpRequest) -> HttpResponse:
    """The labels of a bundle must reach no web process: it is imported on the server, by the role `manage`."""
    slugs = Hackathon.objects.filter(ends_at__gt=db_now()).order_by("-starts_at").values_list("slug", flat=True)
    models = BaseModel.objects.filter(is_enabled=True).order_by("slug").values_list("slug", flat=True)
    context = {
        **page.admin_site.each_context(request),
        "title": _("Add a challenge"),
        "opts": page.model._meta,
        "files": [CHALLENGE_YAML, TRAIN, VALIDATION, TEST, TEST_LABELS],
        "hackathons": list(slugs[:MOST]),
        "models": list(models[:MOST]),
    }
    return TemplateResponse(request, "hackathon/admin/challenge_add.html", context)
