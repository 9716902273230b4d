"""A submission's whole report as JSON: all of the submission, and what its run got right and wrong on validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.report.validation import Kind
from evaluation.report.validation_files import ValidationReport, read_validation
from hackathon.api.strict import StrictAPIView

from .serializers import SubmissionSerializer
from .views import ScoredRun, scored_run


class MetricRowSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.FloatField()
    base = serializers.FloatField(allow_null=True, help_text="Of the untrained model.")
    gain = serializers.FloatField(allow_null=True)


class ClassRowSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # "label" is the name in the contract
    precision = serializers.FloatField()
    recall = serializers.FloatField()
    f1 = serializers.FloatField()
    base_f1 = serializers.FloatField(allow_null=True)
    support = serializers.IntegerField()


class PassageSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    text = serializers.CharField(help_text="Cut at 5000 characters.")


class ExampleSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    inputs = PassageSerializer(many=True)
    gold = serializers.CharField()
    predicted = serializers.CharField(allow_blank=True, help_text='"" where there was no answer.')
    probability = serializers.FloatField(allow_null=True, help_text="Of the predicted class.")
    gold_probability = serializers.FloatField(allow_null=True)
    base_predicted = serializers.CharField(allow_blank=True, allow_null=True)


class ExampleGroupSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    count = serializers.IntegerField(help_text="Items of this kind, of which the most telling are here.")
    examples = ExampleSerializer(many=True)


class ValidationSerializer(serializers.Serializer[Any]):
    items = serializers.IntegerField()
    labels = serializers.ListField(child=serializers.CharField())
    metrics = MetricRowSerializer(many=True)
    classes = ClassRowSerializer(many=True)
    confusion = serializers.ListField(
        source="counts",
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Items by label (row) and answer (column), in the order of `labels`; last column: no answer.",
    )
    groups = ExampleGroupSerializer(many=True)


class ReportSerializer(serializers.Serializer[Any]):
    submission = SubmissionSerializer()
    validation = ValidationSerializer(
        allow_null=True, help_text="null until the run is scored, and where its files cannot be read."
    )


@dataclass(frozen=True)
class RunReport:
    submission: ScoredRun
    validation: ValidationReport | None


class ReportView(StrictAPIView):
    """The report of one submission, for its team and the organizers."""

    @extend_schema(responses=ReportSerializer)
    def get(self, request: Request, submission_id: UUID) -> Response:
        run = scored_run(request.user, submission_id)
        report = RunReport(run, read_validation(run.submission, run.job))
        return Response(ReportSerializer(report).data)
