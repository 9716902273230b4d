"""Hackathons and challenges: reading what the viewer may know of."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hackathon.clock import db_now
from hackathon.errors import NotFound
from hackathon.models import Challenge, Hackathon
from hackathon.selectors import usable_limits, usable_models
from hackathon.visibility import Viewer, challenges_visible_to, hackathons_visible_to, role_in
from training_worker.contract.schema import schema_for

from .permissions import SignedInToWrite
from .serializers import (
    ChallengeQuery,
    ChallengeRowSerializer,
    ChallengeSerializer,
    HackathonRowSerializer,
    HackathonSerializer,
)
from .strict import StrictAPIView, StrictListView


def visible_challenge(viewer: Viewer, slug: str) -> Challenge:
    """Raises `NotFound`."""
    found = challenges_visible_to(viewer).select_related("hackathon").filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


def visible_hackathon(viewer: Viewer, slug: str) -> Hackathon:
    """Raises `NotFound`."""
    found = hackathons_visible_to(viewer).filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


class HackathonsView(StrictListView[Hackathon]):
    """Hackathons you may know of, the latest first."""

    summaries: ClassVar = {"get": "List hackathons"}
    permission_classes = (SignedInToWrite,)
    serializer_class = HackathonRowSerializer

    def get_queryset(self) -> QuerySet[Hackathon]:
        return hackathons_visible_to(self.request.user).order_by("-starts_at", "pk")


class HackathonView(StrictAPIView):
    """One hackathon and its challenges."""

    summaries: ClassVar = {"get": "Show a hackathon"}
    permission_classes = (SignedInToWrite,)

    @extend_schema(responses=HackathonSerializer)
    def get(self, request: Request, slug: str) -> Response:
        hackathon = visible_hackathon(request.user, slug)
        challenges = challenges_visible_to(request.user).order_by("title", "pk")
        prefetch_related_objects([hackathon], Prefetch("challenges", queryset=challenges))
        context = {"role": role_in(request.user, hackathon)}
        return Response(HackathonSerializer(hackathon, context=context).data)


class ChallengesView(StrictListView[Challenge]):
    """Challenges you may know of, by title."""

    summaries: ClassVar = {"get": "List challenges"}
    permission_classes = (SignedInToWrite,)
    serializer_class = ChallengeRowSerializer
    query = ChallengeQuery

    def get_queryset(self) -> QuerySet[Challenge]:
        challenges = challenges_visible_to(self.request.user).select_related("hackathon").order_by("title", "pk")
        slug = self.parameters.get("hackathon")
        return challenges.filter(hackathon__slug=slug) if slug else challenges


class ChallengeView(StrictAPIView):
    """One challenge: task, metric, limits, base models, phases with their window, quota and data sizes."""

    summaries: ClassVar = {"get": "Show a challenge"}
    permission_classes = (SignedInToWrite,)

    @extend_schema(responses=ChallengeSerializer)
    def get(self, request: Request, slug: str) -> Response:
        challenge = visible_challenge(request.user, slug)
        models = usable_models(challenge)
        context = {
            "base_models": models,
            "limits": usable_limits(challenge, models),
            "phases": challenge.phases.select_related("data").order_by("opens_at", "pk"),
            "now": db_now(),
        }
        return Response(ChallengeSerializer(challenge, context=context).data)


class ConfigSchemaView(StrictAPIView):
    """JSON Schema (2020-12) of the configs this challenge accepts."""

    summaries: ClassVar = {"get": "Show the schema of its configs"}
    permission_classes = (SignedInToWrite,)

    @extend_schema(responses=OpenApiResponse(OpenApiTypes.OBJECT, description="A JSON Schema (2020-12) document."))
    def get(self, request: Request, slug: str) -> Response:
        challenge = visible_challenge(request.user, slug)
        return Response(schema_for(usable_limits(challenge, usable_models(challenge))))
