"""Home, hackathon; leaderboard, a submission's page, withdrawing and restoring it, the list of submissions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers, get_conditional_response
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hackathon.clock import db_now
from hackathon.models import Challenge, User
from hackathon.visibility import challenges_visible_to, hackathons_visible_to
from hackathon.web.live import has_version, is_poll, render_live, unchanged
from hackathon.web.zones import use_event_zone
from submissions.enums import FINAL_STATES
from submissions.pages.overview import read_hackathon_page, read_home_page
from submissions.pages.submission_actions import read_submission_actions
from submissions.pages.tabs import challenge_tabs
from submissions.selectors import first_job, open_challenges, queue_place, submissions_visible_to
from teams.selectors import team_in

from .board.chart import quality_compute_chart
from .board.export import board_csv
from .board.page import board_version, chosen_phase, exported_phase, is_live, page_version
from .errors_page import read_errors_page
from .listing.choice import chosen_columns, column_groups, keep_choice
from .listing.export import submissions_csv
from .listing.filters import Filters, filter_rows
from .listing.table import list_version, read_table
from .report.browse import ExampleQuery
from .selectors import best_runs, leaderboard
from .services.withdraw import restore_submission, withdraw_submission
from .submission_page import log_file, progress_version, read_submission_page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = db_now()
    shown = read_home_page(request.user, now=now, read_best_runs=best_runs)
    return render(request, "submissions/home.html", {"home": shown, "now": now})


@require_safe
def hackathon_detail(request: HttpRequest, slug: str) -> HttpResponse:
    hackathon = get_object_or_404(hackathons_visible_to(request.user), slug=slug)
    use_event_zone(request, hackathon)
    now, page = db_now(), request.GET.get("page")
    overview = read_hackathon_page(request.user, hackathon, now=now, teams_page=page, read_best_runs=best_runs)
    context = {"hackathon": hackathon, "overview": overview, "now": now}
    return render(request, "submissions/hackathon_detail.html", context)


@require_safe
def leaderboard_page(request: HttpRequest, slug: str) -> HttpResponse:
    challenge = get_object_or_404(challenges_visible_to(request.user).select_related("hackathon"), slug=slug)
    use_event_zone(request, challenge.hackathon)
    now = db_now()
    phases = list(challenge.phases.select_related("data", "challenge__hackathon"))
    phase = chosen_phase(phases, request.GET.get("phase", ""), now)
    board = leaderboard(phase, request.user) if phase else None
    version, live = page_version(board, now), is_live(phase, now)
    if live and has_version(request, version):
        return unchanged()
    context = {"challenge": challenge, "phases": phases, "phase": phase, "board": board, "now": now}
    context["tabs"] = challenge_tabs(request.user, challenge, team_in(request.user, challenge.hackathon))
    context["chart"] = quality_compute_chart(board) if board else None
    page, fragment = "evaluation/leaderboard.html", "evaluation/_leaderboard.html"
    return render_live(request, page, fragment, context, version=version, is_final=not live)


@require_safe
def leaderboard_csv(request: HttpRequest, slug: str) -> HttpResponse:
    challenge = get_object_or_404(challenges_visible_to(request.user).select_related("hackathon"), slug=slug)
    phases = list(challenge.phases.select_related("data", "challenge__hackathon"))
    phase = exported_phase(phases, request.GET.get("phase"), db_now())
    board = leaderboard(phase, request.user)
    etag = f'W/"{board_version(board)}"'
    name = f"leaderboard-{challenge.slug}-{slugify(phase.name) or phase.pk}.csv"
    headers = {"ETag": etag, "Content-Disposition": f'attachment; filename="{name}"'}
    response = HttpResponse(board_csv(board), content_type="text/csv; charset=utf-8", headers=headers)
    add_never_cache_headers(response)
    return get_conditional_response(request, etag=etag, response=response) or response


@login_required
@require_safe
def submission_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    use_event_zone(request, submission.phase.challenge.hackathon)
    job, now = first_job(submission), db_now()
    place = queue_place(job, now=now)
    version = progress_version(job, place)
    if has_version(request, version):
        return unchanged()
    shown = read_submission_page(submission, job, request.user, now=now, place=place)
    is_final = job.state in FINAL_STATES
    context = {"page": shown, "actions": read_submission_actions(submission, job, request.user, now=now), "now": now}
    page, fragment = "evaluation/submission_detail.html", "evaluation/_submission_live.html"
    return render_live(request, page, fragment, context, version=version, is_final=is_final)


@login_required
@require_safe
def submission_errors(request: HttpRequest, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    use_event_zone(request, submission.phase.challenge.hackathon)
    query = ExampleQuery.of(request.GET.dict())
    shown = read_errors_page(submission, first_job(submission), query, page=request.GET.get("page"))
    context = {"submission": submission, "errors": shown}
    return render(request, "evaluation/submission_errors.html", context)


@login_required
@require_safe
def submission_log(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The whole log, of which the page shows the end."""
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    headers = {"Content-Disposition": f'attachment; filename="log-{submission.pk}.txt"'}
    text = log_file(first_job(submission))
    response = HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
    add_never_cache_headers(response)
    return response


@login_required
@require_safe
def submission_list(request: HttpRequest) -> HttpResponse:
    filters = Filters.of(request.GET)
    columns = chosen_columns(request, filters)
    table = read_table(request.user, filters, columns, page=request.GET.get("page"))
    version, now = list_version(table), db_now()
    if has_version(request, version):
        return unchanged()
    context: dict[str, object] = {"table": table, "filters": filters, "now": now}
    if not is_poll(request):
        context["filter_rows"], tasks = filter_rows(request.user, filters)
        context["column_groups"] = column_groups(tasks, columns)
        context["open_challenges"] = [] if table.rows else _open_challenges(request, filters, now)
    page, fragment = "evaluation/submission_list.html", "evaluation/_submissions.html"
    response = render_live(request, page, fragment, context, version=version, is_final=not table.is_active)
    keep_choice(response, filters)
    return response


def _open_challenges(request: HttpRequest, filters: Filters, now: datetime) -> QuerySet[Challenge]:
    """What may be submitted to instead, of an empty list."""
    found = open_challenges(request.user, now=now)
    return found.filter(slug=filters.challenge) if filters.challenge else found


@login_required
@require_safe
def submission_list_csv(request: HttpRequest) -> StreamingHttpResponse:
    filters = Filters.of(request.GET)
    lines = submissions_csv(request.user, filters, chosen_columns(request, filters))
    headers = {"Content-Disposition": 'attachment; filename="submissions.csv"'}
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
    add_never_cache_headers(response)
    return response


@require_POST
@login_required
def submission_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    assert isinstance(request.user, User)
    withdraw_submission(submission=submission, user=request.user)
    messages.success(request, _("Submission %(number)s is withdrawn from the ranking.") % {"number": submission})
    return redirect("submissions:detail", pk=pk)


@require_POST
@login_required
def submission_restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    assert isinstance(request.user, User)
    restore_submission(submission=submission, user=request.user)
    messages.success(request, _("Submission %(number)s is in the ranking again.") % {"number": submission})
    return redirect("submissions:detail", pk=pk)
