"""What the API takes for a submission and shows of one, but for its scores."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hackathon.api.serializers import ContractField, schema_of
from hackathon.api.strict import IdInput, StrictSerializer, TextInput
from hackathon.web.translation import translated
from submissions.config_form.annotations import NOTE_LENGTH
from submissions.enums import FINAL_STATES, Fault, JobState
from submissions.models import Artifact, Job, JobEvent
from submissions.selectors import SubmissionRun
from teams.api.serializers import TeamRefSerializer
from training_worker.contract.adjusted import AdjustedValue
from training_worker.contract.config import SubmissionConfig
from training_worker.contract.limits import Estimate
from training_worker.contract.wire import Stage, StoppedBy, Telemetry


@extend_schema_field(schema_of(SubmissionConfig))
class SubmissionConfigField(ContractField):
    """A `SubmissionConfig`. The contract reports every problem of it, so nothing is judged here."""


@extend_schema_field(schema_of(Estimate))
class EstimateField(ContractField):
    pass


@extend_schema_field(schema_of(Telemetry))
class TelemetryField(ContractField):
    pass


@extend_schema_field(schema_of(AdjustedValue))
class AdjustedValueField(ContractField):
    pass


def adjusted_field() -> serializers.ListField:
    text = "The values that are trained otherwise than you gave them; [] where there are none."
    return serializers.ListField(child=AdjustedValueField(), help_text=text)


class ConfigInputSerializer(StrictSerializer):
    phase = IdInput()
    config = SubmissionConfigField(help_text="Errors name fields inside of it: `method.r`.")


class TagsInput(serializers.ListField):
    """Judged by `read_tags`, which names every problem; the bound here keeps the work small."""

    child = TextInput(max_length=100, allow_blank=True)

    def __init__(self, **options: Any) -> None:
        text = "At most 8; 1–30 letters, digits, `-`, `_` or `.` each. Spellings that differ in case alone are one tag."
        super().__init__(max_length=100, help_text=text, **options)


class SubmitSerializer(ConfigInputSerializer):
    note = TextInput(max_length=NOTE_LENGTH, required=False, allow_blank=True, default="")
    tags = TagsInput(required=False, default=list)


class AnnotationSerializer(StrictSerializer):
    """What is left out stays as it is."""

    note = TextInput(max_length=NOTE_LENGTH, required=False, allow_blank=True)
    tags = TagsInput(required=False)


class QuotaSerializer(serializers.Serializer[Any]):
    """What the team has used and may use in the phase."""

    used_today = serializers.IntegerField()
    cap_day = serializers.IntegerField()
    used_total = serializers.IntegerField()
    cap_total = serializers.IntegerField()
    queued = serializers.IntegerField()
    cap_queued = serializers.IntegerField()
    running = serializers.IntegerField()
    cap_at_once = serializers.IntegerField(help_text="More may be submitted: they wait in the queue.")
    compute_used = serializers.FloatField(help_text="Seconds used or reserved.")
    cap_compute = serializers.FloatField()
    resets_at = serializers.DateTimeField(help_text="When the day's count starts anew.")


class CostSerializer(serializers.Serializer[Any]):
    submissions = serializers.IntegerField(help_text="1, or 0 where the same run exists already.")
    compute_seconds = serializers.FloatField(help_text="Reserved at submit, settled to what was used.")
    quota = QuotaSerializer(allow_null=True, help_text="null where you are in no team of the hackathon.")


class PreviewSerializer(serializers.Serializer[Any]):
    config = SubmissionConfigField(help_text="Canonical: as it would be stored, trained and hashed.")
    adjusted = adjusted_field()
    estimate = EstimateField()
    cost = CostSerializer()
    same_as = serializers.UUIDField(allow_null=True, help_text="Your team's submission of the same run.")


class SubmissionRunSerializer(serializers.Serializer[Any]):
    """A submission and where its run stands."""  # of a `SubmissionRun`

    id = serializers.UUIDField(source="submission.pk")
    number = serializers.IntegerField(source="submission.number", help_text="#17 within the hackathon.")
    hackathon = serializers.SlugField(source="submission.phase.challenge.hackathon.slug")
    challenge = serializers.SlugField(source="submission.phase.challenge.slug")
    phase = serializers.UUIDField(source="submission.phase_id")
    team = TeamRefSerializer(source="submission.team")
    author = serializers.CharField(source="submission.author.name", default=None, allow_null=True)
    base_model = serializers.SlugField(source="submission.base_model.slug")
    method = serializers.CharField(source="submission.method")
    note = serializers.CharField(source="submission.note")
    tags = serializers.ListField(source="submission.tag_names", child=serializers.CharField())
    withdrawn_at = serializers.DateTimeField(
        source="submission.withdrawal.withdrawn_at",
        default=None,
        allow_null=True,
        help_text="Since when your team keeps it out of the ranking; null where it does not.",
    )
    withdrawn_by = serializers.CharField(
        source="submission.withdrawal.withdrawn_by.name", default=None, allow_null=True
    )
    received_at = serializers.DateTimeField(source="submission.received_at")
    state = serializers.ChoiceField(source="job.state", choices=JobState.choices)
    is_final = serializers.SerializerMethodField()
    stage = serializers.ChoiceField(source="job.stage", choices=[stage.value for stage in Stage], allow_blank=True)
    step = serializers.IntegerField(source="job.step")
    total_steps = serializers.IntegerField(source="job.total_steps")
    attempt = serializers.IntegerField(source="job.attempt")
    losses = serializers.IntegerField(source="job.losses", help_text="How often a node was lost while it ran.")
    compute_seconds = serializers.FloatField(source="job.compute_seconds")
    stopped_by = serializers.ChoiceField(
        source="job.stopped_by", choices=[reason.value for reason in StoppedBy], allow_blank=True
    )

    def get_is_final(self, run: SubmissionRun) -> bool:
        return run.job.state in FINAL_STATES


class FailureSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    fault = serializers.ChoiceField(choices=Fault.choices, help_text="The platform's faults cost your team nothing.")


def _failure(job: Job) -> dict[str, str] | None:
    if job.state == JobState.QUARANTINED:
        return {
            "code": "quarantined",
            "message": _("The run was lost %(count)d times and is quarantined.") % {"count": job.losses},
            "hint": _("Nothing was charged. The operator has been notified and will requeue or drop it."),
            "fault": job.fault,
        }
    if not job.failure_code:
        return None
    return {
        "code": job.failure_code,
        "message": translated(job.failure_message),
        "hint": translated(job.failure_hint),
        "fault": job.fault,
    }


class QueuePlaceSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField(help_text="1 is next.")
    wait_seconds = serializers.FloatField(allow_null=True, help_text="0: a node is idle. null: it cannot be told yet.")
    own_running = serializers.IntegerField(
        help_text="How many running runs of its own team it waits for, where the team may have no more; else 0."
    )


class SaidField(serializers.CharField):
    """A sentence of the platform's, in the reader's language."""

    def to_representation(self, value: str) -> str:
        return translated(value)


class EventSerializer(serializers.ModelSerializer[JobEvent]):
    reason = SaidField(read_only=True)

    class Meta:
        model = JobEvent
        fields = ("at", "from_state", "to_state", "attempt", "reason")


class ArtifactSerializer(serializers.ModelSerializer[Artifact]):
    class Meta:
        model = Artifact
        fields = ("name", "size", "sha256")


class SubmissionRunDetailSerializer(SubmissionRunSerializer):
    """A submission with all of its run."""  # of a `SubmissionRunDetail`: all but the scores

    config = SubmissionConfigField(source="submission.config")
    queue = QueuePlaceSerializer(source="place", allow_null=True, help_text="null unless queued.")
    failure = serializers.SerializerMethodField()
    queued_at = serializers.DateTimeField(source="job.queued_at")
    started_at = serializers.DateTimeField(source="job.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="job.finished_at", allow_null=True)
    telemetry = TelemetryField(
        source="job.result.telemetry",
        default=None,
        allow_null=True,
        help_text="The worker's figures; null until training has ended.",
    )
    events = EventSerializer(many=True)
    artifacts = ArtifactSerializer(source="files", many=True)
    weights_removed_at = serializers.DateTimeField(
        source="job.weights_removed_at",
        allow_null=True,
        help_text="Full weights of a team's best 3 runs and its latest are kept, those of others for 7 days.",
    )

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_failure(self, run: SubmissionRun) -> Any:
        failure = _failure(run.job)
        return None if failure is None else FailureSerializer(failure).data


class SinceQuery(StrictSerializer):
    after = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, default=0, help_text="`last` of the answer before."
    )
    attempt = serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text="`attempt` of the answer before: when a new one has begun, the answer starts from its beginning.",
    )


class PointSerializer(serializers.Serializer[Any]):
    step = serializers.IntegerField()
    name = serializers.CharField(
        help_text="train_loss, learning_rate, train_steps_per_second, validation_loss or validation_<metric>."
    )
    value = serializers.FloatField()


class LineSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    id = serializers.CharField(help_text="Of the message: the same in every language.")
    values = serializers.DictField(help_text="Numbers and names of the message, by name.")
    text = serializers.CharField(help_text="The message with its values, in the language of Accept-Language.")


class CurveSerializer(serializers.Serializer[Any]):
    """Curve points of the current attempt since `after`."""

    attempt = serializers.IntegerField()
    last = serializers.IntegerField(help_text="Send it as `after` for what comes next.")
    points = PointSerializer(many=True)


class LogSerializer(serializers.Serializer[Any]):
    """Log lines of the current attempt since `after`."""

    attempt = serializers.IntegerField()
    last = serializers.IntegerField(help_text="Send it as `after` for what comes next.")
    lines = LineSerializer(many=True)
