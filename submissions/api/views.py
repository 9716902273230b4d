"""A submission's validation, curve, log, files and end. Its list and its scores are the room above's."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hackathon.api.files import FILE_RENDERERS
from hackathon.api.strict import StrictAPIView, StrictSerializer
from hackathon.clock import db_now
from hackathon.errors import Invalid, NotFound
from hackathon.models import Phase
from hackathon.visibility import Viewer, phases_visible_to
from hackathon.web.translation import translated_line
from submissions.downloads import file_response, model_response
from submissions.models import Submission
from submissions.selectors import SubmissionRun, first_job, progress_since, quota_state, submissions_visible_to
from submissions.services.check_config import check_config, preview_config, terms_of
from submissions.services.jobs import cancel_job
from teams.selectors import team_in
from training_worker.contract.adjusted import adjusted_values
from training_worker.contract.base import FieldError

from .serializers import (
    ConfigInputSerializer,
    CurveSerializer,
    LogSerializer,
    PreviewSerializer,
    SinceQuery,
    SubmissionRunSerializer,
)


def visible_phase(viewer: Viewer, phase_id: UUID) -> Phase:
    """Raises `NotFound`."""
    phases = phases_visible_to(viewer).select_related("challenge__hackathon", "data")
    found = phases.filter(pk=phase_id).first()
    if found is None:
        raise NotFound
    return found


def phase_of(viewer: Viewer, body: dict[str, Any]) -> Phase:
    """The phase that a body names. Raises `Invalid`, which names the field, where the viewer may know of none."""
    try:
        return visible_phase(viewer, body["phase"])
    except NotFound:
        message = _("There is no such phase.")
        field = FieldError(code="not_found", field="phase", message=message)
        hint = _("GET /api/challenges/<slug>/ lists the phases of a challenge.")
        raise Invalid(message, hint=hint, code="unknown_phase", fields=[field]) from None


def visible_submission(viewer: Viewer, submission_id: UUID) -> Submission:
    """Raises `NotFound`: the same for a foreign submission as for none."""
    found = submissions_visible_to(viewer).filter(pk=submission_id).first()
    if found is None:
        raise NotFound
    return found


class ValidateView(StrictAPIView):
    """Check a config without submitting it: takes no quota."""

    summaries: ClassVar = {"post": "Check a config"}

    @extend_schema(request=ConfigInputSerializer, responses=PreviewSerializer)
    def post(self, request: Request) -> Response:
        body = self.read(ConfigInputSerializer)
        phase = phase_of(request.user, body)
        team = team_in(request.user, phase.challenge.hackathon)
        checked = check_config(terms_of(phase), body["config"])
        preview = preview_config(checked, team=team)
        answer = {
            "config": checked.config,
            "adjusted": adjusted_values(body["config"], checked.config),
            "estimate": checked.estimate,
            "cost": {
                "submissions": 0 if preview.same_as else 1,
                "compute_seconds": preview.seconds,
                "quota": quota_state(team=team, phase=phase, now=db_now()) if team else None,
            },
            "same_as": preview.same_as.pk if preview.same_as else None,
        }
        return Response(PreviewSerializer(answer).data)


class _ProgressView(StrictAPIView):
    query = SinceQuery

    def progress(self, request: Request, submission_id: UUID) -> dict[str, Any]:
        job = first_job(visible_submission(request.user, submission_id))
        is_new_attempt = self.parameters.get("attempt", job.attempt) != job.attempt
        progress = progress_since(job, 0 if is_new_attempt else self.parameters["after"])
        lines = [translated_line(line) for line in progress.lines]
        return {"attempt": job.attempt, "last": progress.last, "points": progress.points, "lines": lines}


class CurveView(_ProgressView):
    """Curve points that came after `after`."""

    summaries: ClassVar = {"get": "Follow the training curve"}

    @extend_schema(responses=CurveSerializer)
    def get(self, request: Request, submission_id: UUID) -> Response:
        return Response(CurveSerializer(self.progress(request, submission_id)).data)


class LogView(_ProgressView):
    """Log lines that came after `after`."""

    summaries: ClassVar = {"get": "Follow the log"}

    @extend_schema(responses=LogSerializer)
    def get(self, request: Request, submission_id: UUID) -> Response:
        return Response(LogSerializer(self.progress(request, submission_id)).data)


class CancelView(StrictAPIView):
    """End a submission at once. Before it has started it costs nothing."""

    summaries: ClassVar = {"post": "Cancel a submission"}

    @extend_schema(request=None, responses=SubmissionRunSerializer)
    def post(self, request: Request, submission_id: UUID) -> Response:
        self.read(StrictSerializer)
        submission = visible_submission(request.user, submission_id)
        job = cancel_job(job=first_job(submission), actor=str(request.user))
        return Response(SubmissionRunSerializer(SubmissionRun(submission, job)).data)


class ArtifactView(StrictAPIView):
    """Download a file of the run, or the part that `Range` names. Predictions of test items are never served."""

    summaries: ClassVar = {"get": "Download a file"}
    renderer_classes = FILE_RENDERERS

    @extend_schema(
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
        }
    )
    def get(self, request: Request, submission_id: UUID, name: str) -> FileResponse:
        return file_response(request._request, visible_submission(request.user, submission_id), name)


class ModelView(StrictAPIView):
    """Download the run's model folder as a zip: its model card says how transformers and peft load it."""

    summaries: ClassVar = {"get": "Download the model"}
    renderer_classes = FILE_RENDERERS

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, submission_id: UUID) -> StreamingHttpResponse:
        return model_response(visible_submission(request.user, submission_id))
