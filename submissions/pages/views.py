"""Submitting; a submission's note and tags, its files and its cancelling."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hackathon.clock import db_now
from hackathon.models import BaseModel, Challenge, User
from hackathon.visibility import challenges_visible_to
from hackathon.web.live import is_poll
from hackathon.web.zip_download import Member, zip_response
from hackathon.web.zones import use_event_zone
from submissions.config_form.annotations import AnnotationForm
from submissions.downloads import file_response, model_response
from submissions.models import Submission
from submissions.selectors import first_job, submissions_visible_to
from submissions.services.annotate import annotate_submission, require_teammate
from submissions.services.jobs import cancel_job
from submissions.services.submit import Submitted

from .draft import Draft, new_draft, posted_draft
from .kept_draft import forget_draft, keep_draft, kept_draft
from .submit import SubmitPage, read_submit_page
from .tabs import challenge_tabs


@require_http_methods(["GET", "HEAD", "POST"])
def challenge_submit(request: HttpRequest, slug: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return _log_in_first(request, slug)
    challenge = get_object_or_404(challenges_visible_to(request.user).select_related("hackathon"), slug=slug)
    use_event_zone(request, challenge.hackathon)
    copied = _copied(request, challenge)
    page = read_submit_page(request.user, challenge, now=db_now())
    if not page.is_ready:
        return _render_submit_page(request, page)
    if request.method == "POST":
        return _take_draft(request, page)
    kept = kept_draft(request, slug) if "kept" in request.GET else None
    draft = posted_draft(page, kept) if kept else new_draft(page, request.GET.dict(), copied)
    draft.is_kept = kept is not None
    draft.check()
    return _render_submit_page(request, page, draft)


def _log_in_first(request: HttpRequest, slug: str) -> HttpResponse:
    """To the log-in and back, with what was typed. A live check is left unanswered: the form stays as it is."""
    if is_poll(request):
        return HttpResponse(status=204)
    is_kept = request.method == "POST" and keep_draft(request, slug)
    if is_kept:
        messages.info(request, _("Your session had ended; nothing was submitted. Log in: your form is kept."))
    elif request.method == "POST":
        messages.warning(request, _("Your session had ended; nothing was submitted. The form was too long to be kept."))
    return redirect_to_login(f"{request.path}?kept=1" if is_kept else request.get_full_path())


def _copied(request: HttpRequest, challenge: Challenge) -> Submission | None:
    if "copy" not in request.GET:
        return None
    try:
        pk = UUID(request.GET["copy"])
    except ValueError:
        raise Http404 from None
    return get_object_or_404(submissions_visible_to(request.user).filter(phase__challenge=challenge), pk=pk)


def _take_draft(request: HttpRequest, page: SubmitPage) -> HttpResponse:
    """Submit it, check it, or show it another way; where htmx asks, only what the check says."""
    draft = posted_draft(page, request.POST.dict())
    if draft.pressed != "submit":
        draft.check()
        if is_poll(request):
            return render(request, "submissions/_draft_live.html", {"page": page, "draft": draft})
        return _render_submit_page(request, page, draft)
    assert isinstance(request.user, User)
    submitted = draft.submit(request.user)
    if submitted is None:
        again = read_submit_page(request.user, page.challenge, now=db_now())
        return _render_submit_page(request, again, draft)
    forget_draft(request)
    _say_submitted(request, submitted)
    return redirect("submissions:detail", pk=submitted.submission.pk)


def _say_submitted(request: HttpRequest, submitted: Submitted) -> None:
    if submitted.was_created:
        messages.success(request, _("Submission %(number)s was received.") % {"number": submitted.submission})
        return
    text = _("Your team already ran exactly this config: %(number)s. Nothing was charged.")
    if submitted.submission.withdrawal is not None:
        text += " " + _("It is withdrawn: restore it below to rank it again.")
    messages.info(request, text % {"number": submitted.submission})


def _render_submit_page(request: HttpRequest, page: SubmitPage, draft: Draft | None = None) -> HttpResponse:
    context = {"challenge": page.challenge, "hackathon": page.challenge.hackathon, "page": page, "draft": draft}
    context["tabs"] = challenge_tabs(request.user, page.challenge, page.team)
    status = draft.error.status if draft and draft.error else 200
    return render(request, "submissions/submission_form.html", context, status=status)


@require_POST
@login_required
def submission_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    cancel_job(job=first_job(submission), actor=str(request.user))
    messages.success(request, _("Submission %(number)s is cancelled.") % {"number": submission})
    return redirect("submissions:detail", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def submission_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    assert isinstance(request.user, User)
    require_teammate(submission, request.user)
    kept = {"note": submission.note, "tags": ", ".join(submission.tag_names)}
    form = AnnotationForm(request.POST if request.method == "POST" else None, initial=kept, label_suffix="")
    if form.is_valid():
        annotate_submission(submission=submission, user=request.user, **form.cleaned_data)
        messages.success(request, _("Note and tags of %(number)s are saved.") % {"number": submission})
        return redirect("submissions:detail", pk=pk)
    return render(request, "submissions/submission_edit.html", {"submission": submission, "form": form})


@require_safe
@login_required
def submission_file(request: HttpRequest, pk: UUID, name: str) -> FileResponse:
    submission = get_object_or_404(submissions_visible_to(request.user), pk=pk)
    return file_response(request, submission, name)


@require_safe
@login_required
def submission_model(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    submission = get_object_or_404(submissions_visible_to(request.user).select_related("phase__challenge"), pk=pk)
    return model_response(submission)


@require_safe
@login_required
def base_model_download(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Where its licence allows handing it on."""
    model = get_object_or_404(BaseModel, slug=slug, is_enabled=True, is_downloadable=True)
    files = model.model_manifest.files
    return zip_response(slug, [Member(file.name, "models", f"{model.sha256}/{file.name}") for file in files])
