"""The organizers' dashboard and the workers' page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from hackathon.clock import db_now
from hackathon.visibility import hackathons_organized_by
from hackathon.web.live import has_version, render_live, unchanged
from hackathon.web.zones import event_zone

from .dashboard import read_dashboard
from .workers import may_watch_workers, operates, read_workers


@login_required
@require_safe
def hackathon_dashboard(request: HttpRequest, slug: str) -> HttpResponse:
    """In the event's zone, whoever looks: its hours are what the charts count."""
    hackathon = get_object_or_404(hackathons_organized_by(request.user), slug=slug)
    timezone.activate(event_zone(hackathon))
    dashboard = read_dashboard(request.user, hackathon, now=db_now())
    if has_version(request, dashboard.version) and not dashboard.is_over:
        return unchanged()
    page, fragment = "submissions/dashboard.html", "submissions/_dashboard.html"
    context = {"hackathon": hackathon, "dashboard": dashboard, "figures": dashboard.figures}
    return render_live(request, page, fragment, context, version=dashboard.version, is_final=dashboard.is_over)


@login_required
@require_safe
def workers(request: HttpRequest) -> HttpResponse:
    if not may_watch_workers(request.user):
        raise Http404
    now = db_now()
    context = {"nodes": read_workers(request.user, now=now), "operates": operates(request.user)}
    page, fragment = "submissions/workers.html", "submissions/_workers.html"
    return render_live(request, page, fragment, context, version=f"{now.timestamp():.0f}", is_final=False)
