"""Submissions with their scores, and the leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.board.rows import SubmissionScores
from evaluation.listing.columns import NEWEST, ordered
from evaluation.listing.filters import in_challenge, in_state, tagged
from evaluation.listing.table import MAX_SORTED, is_sortable, submission_rows
from evaluation.selectors import leaderboard, submission_scores
from evaluation.services.withdraw import restore_submission, withdraw_submission
from hackathon.api.permissions import SignedInToWrite, person
from hackathon.api.strict import StrictAPIView, StrictListView, StrictSerializer
from hackathon.clock import db_now
from hackathon.errors import Invalid, NotAllowed
from hackathon.models import Phase
from hackathon.visibility import Viewer
from submissions.api.serializers import AnnotationSerializer, SubmitSerializer
from submissions.api.views import phase_of, visible_phase, visible_submission
from submissions.api.waiting import ASK_AGAIN_SECONDS, Until, wait_for_news
from submissions.models import Submission
from submissions.selectors import SubmissionRunDetail, first_job, run_detail, submissions_visible_to
from submissions.services.annotate import annotate_submission
from submissions.services.submit import submit_config
from teams.models import Team
from teams.selectors import team_in
from training_worker.contract.adjusted import AdjustedValue, adjusted_values
from training_worker.contract.base import FieldError

from .serializers import (
    BoardSerializer,
    SubmissionQuery,
    SubmissionRowSerializer,
    SubmissionSerializer,
    SubmittedSerializer,
    WaitQuery,
)

MAX_KEY = 100


@dataclass(frozen=True)
class ScoredRun(SubmissionRunDetail):
    scores: SubmissionScores | None


@dataclass(frozen=True)
class SubmittedRun(ScoredRun):
    was_created: bool
    adjusted: list[AdjustedValue]


def scored_run(viewer: Viewer, submission_id: UUID) -> ScoredRun:
    """Raises `NotFound`."""
    submission = visible_submission(viewer, submission_id)
    run = run_detail(submission, now=db_now())
    return ScoredRun(**vars(run), scores=submission_scores(submission, viewer))


def _own_team(viewer: Viewer, phase: Phase) -> Team:
    team = team_in(viewer, phase.challenge.hackathon)
    if team is None:
        raise NotAllowed(
            _("Only teams can submit, and you are in no team of this hackathon."),
            hint=_("Create a team: POST /api/hackathons/%(slug)s/teams/.") % {"slug": phase.challenge.hackathon.slug},
            code="no_team",
        )
    return team


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        allowed = f"1 … {MAX_KEY} printable ASCII characters"
        message = _("This Idempotency-Key cannot be used.")
        raise Invalid(
            message, fields=[FieldError(code="out_of_range", field="Idempotency-Key", message=message, allowed=allowed)]
        )
    return key


def _in_order(found: QuerySet[Submission], ordering: str) -> QuerySet[Submission]:
    """Raises `Invalid` where the list is too long for that order."""
    if ordering.removeprefix("-") != NEWEST[1:] and not is_sortable(found):
        message = _("A list of more than %(count)s submissions is sorted by date only.") % {"count": f"{MAX_SORTED:,}"}
        error = FieldError(code="out_of_range", field="ordering", message=message, allowed=f"{NEWEST[1:]}, {NEWEST}")
        raise Invalid(message, hint=_("Narrow it down, for example to one team."), fields=[error])
    return ordered(found, ordering)


class SubmissionsView(StrictListView[Submission]):
    """Your team's submissions; all of a hackathon for its organizers."""

    summaries: ClassVar = {"get": "List submissions", "post": "Submit a config"}
    serializer_class = SubmissionRowSerializer
    query = SubmissionQuery

    def get_queryset(self) -> QuerySet[Submission]:
        found = submissions_visible_to(self.request.user)
        wanted = self.parameters
        if "phase" in wanted:
            found = found.filter(phase=wanted["phase"])
        if "team" in wanted:
            found = found.filter(team=wanted["team"])
        found = in_challenge(found, challenge=wanted.get("challenge", ""))
        found = in_state(tagged(found, wanted.get("tag", "")), wanted.get("state", ""))
        return _in_order(found, wanted["ordering"])

    def rows(self, page: list[Submission]) -> Sequence[Any]:
        return submission_rows(page)

    @extend_schema(
        request=SubmitSerializer,
        responses={200: SubmittedSerializer, 201: SubmittedSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description=f"At most {MAX_KEY} printable characters. A repeated request with the same key and body "
                "gets the first answer again; with another body 409.",
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Submit a config: 201 for a new run, 200 where your team has submitted the same run before."""
        key = _idempotency_key(request)
        body = self.read(SubmitSerializer)
        phase = phase_of(request.user, body)
        team = _own_team(request.user, phase)
        submitted = submit_config(
            author=person(request),
            team=team,
            phase=phase,
            config=body["config"],
            note=body["note"],
            tags=body["tags"],
            idempotency_key=key,
        )
        run = SubmittedRun(
            **vars(scored_run(request.user, submitted.submission.pk)),
            was_created=submitted.was_created,
            adjusted=adjusted_values(body["config"], submitted.submission.submission_config),
        )
        location = reverse("api:submission", args=[submitted.submission.pk])
        status = 201 if submitted.was_created else 200
        return Response(SubmittedSerializer(run).data, status=status, headers={"Location": location})


class SubmissionView(StrictAPIView):
    """One submission: where its run stands, its result, scores, events and files.

    `?wait=20` holds the answer back for news, at most 20 seconds; `?wait=20&until=ended` until the run has ended.
    """

    summaries: ClassVar = {"get": "Show a submission", "patch": "Change its note and tags"}
    query = WaitQuery

    @extend_schema(responses=SubmissionSerializer)
    def get(self, request: Request, submission_id: UUID) -> Response:
        headers = {}
        if seconds := self.parameters["wait"]:
            job = first_job(visible_submission(request.user, submission_id))
            if not wait_for_news(job.pk, seconds=seconds, until=Until(self.parameters["until"])):
                headers["Retry-After"] = str(ASK_AGAIN_SECONDS)
        return Response(SubmissionSerializer(scored_run(request.user, submission_id)).data, headers=headers)

    @extend_schema(request=AnnotationSerializer, responses=SubmissionSerializer)
    def patch(self, request: Request, submission_id: UUID) -> Response:
        """Replace the note, the tags or both; for the team itself."""
        submission = visible_submission(request.user, submission_id)
        annotate_submission(submission=submission, user=person(request), **self.read(AnnotationSerializer))
        return Response(SubmissionSerializer(scored_run(request.user, submission_id)).data)


class WithdrawView(StrictAPIView):
    """Take a scored submission out of the ranking while its phase is open; for the team itself. Costs stay charged."""

    summaries: ClassVar = {"post": "Withdraw a submission"}

    @extend_schema(request=None, responses=SubmissionSerializer)
    def post(self, request: Request, submission_id: UUID) -> Response:
        self.read(StrictSerializer)
        withdraw_submission(submission=visible_submission(request.user, submission_id), user=person(request))
        return Response(SubmissionSerializer(scored_run(request.user, submission_id)).data)


class RestoreView(StrictAPIView):
    """Put a withdrawn submission back into the ranking, as received when it was."""

    summaries: ClassVar = {"post": "Restore a submission"}

    @extend_schema(request=None, responses=SubmissionSerializer)
    def post(self, request: Request, submission_id: UUID) -> Response:
        self.read(StrictSerializer)
        restore_submission(submission=visible_submission(request.user, submission_id), user=person(request))
        return Response(SubmissionSerializer(scored_run(request.user, submission_id)).data)


class LeaderboardView(StrictAPIView):
    """A phase's leaderboard."""

    summaries: ClassVar = {"get": "Show the leaderboard"}
    permission_classes = (SignedInToWrite,)

    @extend_schema(responses=BoardSerializer)
    def get(self, request: Request, phase_id: UUID) -> Response:
        phase = visible_phase(request.user, phase_id)
        return Response(BoardSerializer(leaderboard(phase, request.user)).data)
