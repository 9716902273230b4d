"""The page of a challenge: what is asked for, until when, what there is to beat and how to start."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hackathon.clock import db_now
from hackathon.visibility import challenges_visible_to
from hackathon.web.zones import use_event_zone
from submissions.pages.overview import read_challenge_page
from submissions.pages.tabs import challenge_tabs

from .selectors import reference_scores


@require_safe
def challenge_detail(request: HttpRequest, slug: str) -> HttpResponse:
    challenge = get_object_or_404(challenges_visible_to(request.user).select_related("hackathon"), slug=slug)
    use_event_zone(request, challenge.hackathon)
    now = db_now()
    overview = read_challenge_page(request.user, challenge, now=now)
    context = {"challenge": challenge, "hackathon": challenge.hackathon, "overview": overview, "now": now}
    context["tabs"] = challenge_tabs(request.user, challenge, overview.team)
    context["references"] = reference_scores(overview.phase, request.user) if overview.phase else []
    return render(request, "evaluation/challenge_detail.html", context)
