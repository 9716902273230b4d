"""A submission's whole report as JSON: all of the submission, and what its run got right and wrong on validation.

The validation report has the shape of `training_worker.contract.report`, name by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.report.stored import read_validation_report
from hackathon.api.strict import StrictAPIView
from training_worker.contract.report import ExampleKind, ValidationReport

from .serializers import SubmissionSerializer
from .views import ScoredRun, scored_run

KINDS = [kind.value for kind in ExampleKind]
_SHAPES: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "array", "items": {}},
    {"type": "object"},
    {"type": "number"},
    {"type": "object"},
    {"type": "null"},
]


@extend_schema_field({"oneOf": _SHAPES})
class AnswerField(serializers.JSONField):
    """An answer in the task's own shape: a label, a number, a list of tags or of scores, boxes, a mask; null where
    there is none."""


class MetricRowSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.FloatField()
    se = serializers.FloatField(help_text="One standard error.")
    base = serializers.FloatField(allow_null=True, help_text="Of the untrained model.")


class ClassRowSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # "label" is the name in the contract
    precision = serializers.FloatField()
    recall = serializers.FloatField()
    f1 = serializers.FloatField()
    support = serializers.IntegerField()
    base_f1 = serializers.FloatField(allow_null=True)
    score = serializers.FloatField(allow_null=True, help_text="What `class_score` names.")
    base_score = serializers.FloatField(allow_null=True)


class ConfusionSerializer(serializers.Serializer[Any]):
    target = serializers.CharField()
    predicted = serializers.CharField()
    count = serializers.IntegerField()


class ReportPointSerializer(serializers.Serializer[Any]):
    target = serializers.FloatField()
    predicted = serializers.FloatField()


class PrecisionCurveSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # "label" is the name in the contract
    average_precision = serializers.FloatField()
    base = serializers.FloatField(allow_null=True, help_text="Average precision of the untrained model.")
    precisions = serializers.ListField(
        child=serializers.FloatField(), help_text="The highest at a recall of at least 0, 0.05, … 1."
    )


class CalibrationBinSerializer(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()
    items = serializers.IntegerField()
    confidence = serializers.FloatField(help_text="Mean probability of the answers.")
    accuracy = serializers.FloatField(help_text="Share of the answers that is right.")


class PartRowSerializer(serializers.Serializer[Any]):
    slice = serializers.CharField(help_text='A slice of the data; "" where the part is one of a length.')
    low = serializers.IntegerField(help_text="Characters of the inputs, at least.")
    high = serializers.IntegerField(help_text="Characters of the inputs, at most.")
    items = serializers.IntegerField()
    value = serializers.FloatField(help_text="Of the first of `metrics`.")
    se = serializers.FloatField(help_text="One standard error.")
    base = serializers.FloatField(allow_null=True, help_text="Of the untrained model.")


class ExampleSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    inputs = serializers.DictField(help_text="The task's input columns; a text is cut at 5000 characters.")
    target = AnswerField(help_text="In the task's own shape: a label, a list of tags, a number or a list of scores.")
    predicted = AnswerField(help_text="In the same shape; null where there was no answer.")
    base_predicted = AnswerField(help_text="Of the untrained model; null where there was none or it is not known.")
    confidence = serializers.FloatField(allow_null=True, help_text="Probability of the answer.")
    target_confidence = serializers.FloatField(allow_null=True, help_text="Probability of the truth.")
    error = serializers.FloatField(
        allow_null=True, help_text="How far off the answer is: a share of wrong tags, an absolute difference."
    )


class ExampleGroupSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=KINDS)
    count = serializers.IntegerField(help_text="Items of this kind, of which the most relevant are here.")
    examples = ExampleSerializer(many=True)


class CollapseSerializer(serializers.Serializer[Any]):
    answer = AnswerField(help_text="A label, the tag of a word, or a number.")
    share = serializers.FloatField(help_text="Of the items it is given to; of tags of the words.")


class ValidationReportSerializer(serializers.Serializer[Any]):
    schema_version = serializers.IntegerField()
    items = serializers.IntegerField()
    metrics = MetricRowSerializer(many=True)
    labels = serializers.ListField(child=serializers.CharField())
    classes = ClassRowSerializer(many=True)
    class_score = serializers.CharField(
        allow_null=True, help_text="AP: average precision of boxes; IoU: intersection over union of masks."
    )
    confusion = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Items by label (row) and answer (column), in the order of `labels`; last column: no answer.",
    )
    confusions = ConfusionSerializer(many=True, help_text="The most frequent wrong answers.")
    points = ReportPointSerializer(many=True, help_text="Numbers: true and predicted value of each item, at most 1000.")
    curves = PrecisionCurveSerializer(many=True, help_text="Classes: precision and recall of the most frequent ones.")
    calibration = CalibrationBinSerializer(many=True, help_text="Classes: how far probabilities can be believed.")
    parts = PartRowSerializer(many=True, help_text="The first metric by length of the inputs and by slice.")
    groups = ExampleGroupSerializer(many=True)
    collapse = CollapseSerializer(
        allow_null=True,
        help_text="Where the model gives (nearly) all items the same answer, though the right ones differ.",
    )


class ReportSerializer(serializers.Serializer[Any]):
    submission = SubmissionSerializer()
    validation = ValidationReportSerializer(
        allow_null=True, help_text="null until the run is scored, and where it left no report that can be read."
    )


@dataclass(frozen=True)
class RunReport:
    submission: ScoredRun
    validation: ValidationReport | None


class ReportView(StrictAPIView):
    """The report of one submission, for its team and the organizers."""

    summaries: ClassVar = {"get": "Show the report"}

    @extend_schema(responses=ReportSerializer)
    def get(self, request: Request, submission_id: UUID) -> Response:
        run = scored_run(request.user, submission_id)
        validation = read_validation_report(run.job, run.files, task=run.submission.phase.challenge.task)
        return Response(ReportSerializer(RunReport(run, validation)).data)
