"""What the API shows of hackathons and challenges: public facts only, field by field."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hackathon.enums import Role
from hackathon.models import BaseModel, Challenge, ChallengeData, Hackathon, Phase
from hackathon.models.challenge import QUOTA
from hackathon.web.public_url import public_url
from training_worker.contract.base import ContractModel
from training_worker.contract.limits import ChallengeLimits

from .strict import PageQuery


def schema_of(model: type[ContractModel]) -> Any:
    """For `extend_schema_field`: drf-spectacular takes pydantic models, but its types do not say so."""
    return model


class ContractField(serializers.Field[Any, Any, Any, Any]):
    """A contract model or plain JSON of one, as JSON. As input it takes any JSON: the contract itself judges it."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value.model_dump(mode="json") if isinstance(value, ContractModel) else value


class ChallengeQuery(PageQuery):
    hackathon = serializers.SlugField(required=False, help_text="Only this hackathon's challenges.")


class ChallengeRefSerializer(serializers.ModelSerializer[Challenge]):
    class Meta:
        model = Challenge
        fields = ("slug", "title", "summary", "task", "primary_metric")


class ChallengeRowSerializer(serializers.ModelSerializer[Challenge]):
    hackathon = serializers.SlugField(source="hackathon.slug")

    class Meta:
        model = Challenge
        fields = ("slug", "title", "summary", "task", "primary_metric", "hackathon")


class HackathonRowSerializer(serializers.ModelSerializer[Hackathon]):
    class Meta:
        model = Hackathon
        fields = ("slug", "name", "tagline", "visibility", "starts_at", "ends_at", "time_zone", "max_team_size")


class HackathonSerializer(HackathonRowSerializer):
    role = serializers.SerializerMethodField(help_text="Your part in it; null where you have none.")
    challenges = ChallengeRefSerializer(many=True)

    class Meta(HackathonRowSerializer.Meta):
        fields = (*HackathonRowSerializer.Meta.fields, "description", "role", "challenges")  # type: ignore[assignment]

    @extend_schema_field(serializers.ChoiceField(choices=Role.choices, allow_null=True))
    def get_role(self, hackathon: Hackathon) -> Any:
        return self.context["role"]


class DataSerializer(serializers.ModelSerializer[ChallengeData]):
    """Sizes of a data version, nothing of what is in it."""

    train_examples = serializers.IntegerField(source="dataset_manifest.train_examples")
    validation_examples = serializers.IntegerField(source="dataset_manifest.validation_examples")
    test_examples = serializers.IntegerField(source="dataset_manifest.test_examples")
    labels = serializers.ListField(source="dataset_manifest.labels", child=serializers.CharField())

    class Meta:
        model = ChallengeData
        fields = (
            "version",
            "train_examples",
            "validation_examples",
            "test_examples",
            "public_count",
            "private_count",
            "labels",
            "license",
            "source",
        )


class QuotaCapsSerializer(serializers.ModelSerializer[Phase]):
    """What each team may use in the phase."""

    class Meta:
        model = Phase
        fields = QUOTA


class PhaseSerializer(serializers.ModelSerializer[Phase]):
    is_open = serializers.SerializerMethodField(help_text="By the database's clock.")
    quota = QuotaCapsSerializer(source="*")
    data = DataSerializer()  # type: ignore[assignment]  # "data" is its name in the model

    class Meta:
        model = Phase
        fields = (
            "id",
            "name",
            "opens_at",
            "closes_at",
            "is_open",
            "quota",
            "score_visibility",
            "display_step",
            "precision",
            "recipe",
            "data",
        )

    def get_is_open(self, phase: Phase) -> bool:
        return phase.is_open(self.context["now"])


class BaseModelSerializer(serializers.ModelSerializer[BaseModel]):
    class Meta:
        model = BaseModel
        fields = ("slug", "name", "family", "architecture", "parameters", "license", "source")


class ChallengeSerializer(ChallengeRowSerializer):
    """A challenge and what may be submitted to it."""  # context: limits, base_models, phases, now

    metrics = serializers.ListField(source="task_spec.metrics", child=serializers.CharField())
    data_url = serializers.SerializerMethodField(help_text="Facts, rows and files of train and validation.")
    limits = serializers.SerializerMethodField()
    base_models = serializers.SerializerMethodField()
    phases = serializers.SerializerMethodField()

    class Meta(ChallengeRowSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *ChallengeRowSerializer.Meta.fields,
            "description",
            "metrics",
            "data_url",
            "limits",
            "base_models",
            "phases",
        )

    def get_data_url(self, challenge: Challenge) -> str:
        return public_url(reverse("api:data", args=[challenge.slug]))

    @extend_schema_field(schema_of(ChallengeLimits))
    def get_limits(self, challenge: Challenge) -> Any:
        return self.context["limits"].model_dump(mode="json")

    @extend_schema_field(BaseModelSerializer(many=True))
    def get_base_models(self, challenge: Challenge) -> Any:
        return BaseModelSerializer(self.context["base_models"], many=True).data

    @extend_schema_field(PhaseSerializer(many=True))
    def get_phases(self, challenge: Challenge) -> Any:
        return PhaseSerializer(self.context["phases"], many=True, context=self.context).data
