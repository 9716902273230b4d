"""The GPU nodes' API, `/api/worker/`: bodies and answers are models of `training_worker.contract.wire`."""

from __future__ import annotations

import json
from typing import Any, TypeVar, cast

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from drf_spectacular.utils import extend_schema
from pydantic import ValidationError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hackathon.api.authentication import bearer_token
from hackathon.api.strict import StrictAPIView
from hackathon.errors import DomainError, Invalid, TooLarge
from submissions.enums import JobState
from submissions.models import Job, Node
from submissions.services.attempts import accept_failure, accept_result, release_attempt, report_progress
from submissions.services.dispatch import claim_job, read_attempt_token
from submissions.services.files import job_files, open_input, read_signature, store_output
from submissions.services.nodes import enrol_node, find_node
from submissions.services.transitions import StaleAttempt
from training_worker.contract.base import ContractModel, FieldError
from training_worker.contract.wire import (
    OUTPUTS,
    Claim,
    ClaimRequest,
    EnrolAnswer,
    EnrolRequest,
    JobFailure,
    JobRelease,
    JobResult,
    Progress,
)

Model = TypeVar("Model", bound=ContractModel)


class WorkerTokenAuthentication(BaseAuthentication):
    """`htw_…`: claim and heartbeat only."""

    def authenticate(self, request: Request) -> tuple[Any, Node] | None:
        token = bearer_token(request)
        node = find_node(token) if token and token.startswith("htw_") else None
        if node is None:
            raise AuthenticationFailed
        return None, node

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HoldsToken(BasePermission):
    """The authentication class has found a node or an attempt."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.auth is not None


class AttemptTokenAuthentication(BaseAuthentication):
    """`hta_…`: one attempt of the job in the URL; `request.auth` is the attempt's number."""

    def authenticate(self, request: Request) -> tuple[Any, int] | None:
        token = bearer_token(request) or ""
        job_id = str(request.parser_context["kwargs"]["job_id"])
        attempt = read_attempt_token(token, job_id)
        if attempt is None:
            raise AuthenticationFailed
        return None, attempt

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def read_body(model: type[Model], request: Request) -> Model:
    """The body as a contract model. Raises `Invalid` with every problem."""
    try:
        return model.model_validate_json(json.dumps(request.data))
    except ValidationError as error:
        fields = (
            FieldError(code=str(item["type"]), field=".".join(map(str, item["loc"])), message=item["msg"])
            for item in error.errors(include_url=False, include_input=False)
        )
        raise Invalid(_("The body is not a %(name)s.") % {"name": model.__name__}, fields=fields) from None


def _node(request: Request) -> Node:
    return cast(Node, request.auth)


def _attempt(request: Request) -> int:
    return cast(int, request.auth)


@extend_schema(exclude=True)
class EnrolView(StrictAPIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        body = read_body(EnrolRequest, request)
        node = enrol_node(token=body.token, name=body.name, worker_token=body.worker_token)
        return Response(EnrolAnswer(node_id=str(node.pk)).model_dump(mode="json"))


@extend_schema(exclude=True)
class ClaimView(StrictAPIView):
    authentication_classes = (WorkerTokenAuthentication,)
    permission_classes = (HoldsToken,)

    def post(self, request: Request) -> Response:
        claim = claim_job(node=_node(request), request=read_body(ClaimRequest, request))
        if isinstance(claim, Claim):
            return Response(claim.model_dump(mode="json"))
        headers = {} if claim.ask_again is None else {"Retry-After": str(claim.ask_again)}
        return Response(status=204, headers=headers)


@extend_schema(exclude=True)
class AttemptView(StrictAPIView):
    """Base of the calls of a running attempt."""

    authentication_classes = (AttemptTokenAuthentication,)
    permission_classes = (HoldsToken,)


class ProgressView(AttemptView):
    def post(self, request: Request, job_id: str) -> Response:
        answer = report_progress(job_id=job_id, attempt=_attempt(request), progress=read_body(Progress, request))
        return Response(answer.model_dump(mode="json"))


class UrlsView(AttemptView):
    def post(self, request: Request, job_id: str) -> Response:
        job = Job.objects.filter(pk=job_id, attempt=_attempt(request), state=JobState.RUNNING).first()
        if job is None:
            raise StaleAttempt
        return Response(job_files(job).model_dump(mode="json"))


class ResultView(AttemptView):
    def post(self, request: Request, job_id: str) -> Response:
        job = accept_result(job_id=job_id, attempt=_attempt(request), result=read_body(JobResult, request))
        return Response({"attempt": job.attempt})


class FailureView(AttemptView):
    def post(self, request: Request, job_id: str) -> Response:
        job = accept_failure(job_id=job_id, attempt=_attempt(request), failure=read_body(JobFailure, request))
        return Response({"attempt": job.attempt})


class ReleaseView(AttemptView):
    def post(self, request: Request, job_id: str) -> Response:
        release_attempt(job_id=job_id, attempt=_attempt(request), release=read_body(JobRelease, request))
        return Response({})


@method_decorator(csrf_exempt, name="dispatch")
class FileView(View):
    """A signed URL: GET an input, PUT an output. The signature is the permission; the body is streamed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[assignment]  # ours: no coroutine
        except DomainError as error:
            return JsonResponse(error.as_json(), status=error.status, headers=error.headers())
        return answer

    def get(self, request: HttpRequest, signed: str) -> FileResponse:
        return FileResponse(open_input(read_signature(signed)), content_type="application/octet-stream")

    def put(self, request: HttpRequest, signed: str) -> HttpResponse:
        payload = read_signature(signed, seconds_ago=request.META.get("hacktune.receive_seconds", 0.0))
        limit = OUTPUTS.get(str(payload.get("put")))
        if limit is not None and int(request.headers.get("Content-Length") or 0) > limit:
            raise TooLarge(_("The body is too large."))
        store_output(payload, request, sha256=request.headers.get("X-Content-Sha256", ""))  # type: ignore[arg-type]
        return HttpResponse(status=201)
