"""Home, hackathon, challenge; a submission's files and its cancelling."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hackathon.clock import db_now
from hackathon.storage import storage
from hackathon.visibility import challenges_visible_to, hackathons_visible_to
from hackathon.zones import use_event_zone

from .overview import read_challenge, read_hackathon, read_home
from .selectors import files_of, first_job, submissions_visible_to
from .services.submit import cancel_job


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = db_now()
    return render(request, "submissions/home.html", {"home": read_home(request.user, now=now), "now": now})


@require_safe
def hackathon_detail(request: HttpRequest, slug: str) -> HttpResponse:
    hackathon = get_object_or_404(hackathons_visible_to(request.user), slug=slug)
    use_event_zone(request, hackathon)
    now = db_now()
    overview = read_hackathon(request.user, hackathon, now=now)
    context = {"hackathon": hackathon, "overview": overview, "now": now}
    return render(request, "submissions/hackathon_detail.html", context)


@require_safe
def challenge_detail(request: HttpRequest, slug: str) -> HttpResponse:
    challenge = get_object_or_404(challenges_visible_to(request.user).select_related("hackathon"), slug=slug)
    use_event_zone(request, challenge.hackathon)
    now = db_now()
    overview = read_challenge(request.user, challenge, now=now)
    context = {"challenge": challenge, "hackathon": challenge.hackathon, "overview": overview, "now": now}
    return render(request, "submissions/challenge_detail.html", context)


@require_POST
@login_required
def submission_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    cancel_job(job=first_job(submission), actor=str(request.user))
    messages.success(request, _("Submission %(number)s is cancelled.") % {"number": submission})
    return redirect("submissions:detail", pk=pk)


@require_safe
@login_required
def submission_file(request: HttpRequest, pk: UUID, name: str) -> FileResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    artifact = get_object_or_404(files_of(first_job(submission)), name=name)
    if not storage("artifacts").exists(artifact.key):
        raise Http404
    opened = storage("artifacts").open(artifact.key, "rb")
    filename = f"{submission.number}-{artifact.name}"
    return FileResponse(opened, as_attachment=True, filename=filename, content_type="application/octet-stream")
