"""The data tab of a challenge: train and validation for who takes part, to browse, search and download."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hackathon.clock import db_now
from hackathon.dataset.files import download_response
from hackathon.dataset.tab import chosen_version, open_versions, read_data_tab
from hackathon.errors import NotFound
from hackathon.visibility import challenges_visible_to
from hackathon.web.zones import use_event_zone
from teams.selectors import team_in

from .tabs import challenge_tabs


@login_required
@require_safe
def challenge_data(request: HttpRequest, slug: str) -> HttpResponse:
    challenge = get_object_or_404(challenges_visible_to(request.user).select_related("hackathon"), slug=slug)
    tabs = challenge_tabs(request.user, challenge, team_in(request.user, challenge.hackathon))
    if tabs.role is None:
        raise NotFound
    use_event_zone(request, challenge.hackathon)
    now = db_now()
    versions = open_versions(request.user, challenge, now=now)
    data = chosen_version(versions, challenge, request.GET.get("version"), now=now)
    context = {
        "challenge": challenge,
        "hackathon": challenge.hackathon,
        "tabs": tabs,
        "data": data,
        "tab": read_data_tab(data, versions, request.GET) if data else None,
        "next_phase": challenge.phases.filter(opens_at__gt=now).order_by("opens_at").first(),
    }
    return render(request, "submissions/challenge_data.html", context)


@login_required
@require_safe
def data_download(request: HttpRequest, slug: str, version: int, name: str) -> FileResponse:
    return download_response(request, request.user, slug=slug, version=version, name=name)
