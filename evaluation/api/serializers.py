"""Scores as the API shows them: only what `evaluation.board.rows` holds, which is made for the viewer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from evaluation.listing.columns import NEWEST, ORDERINGS
from evaluation.listing.filters import WITHDRAWN
from hackathon.api.strict import PageQuery, StrictSerializer
from submissions.api.serializers import SubmissionRunDetailSerializer, SubmissionRunSerializer, adjusted_field
from submissions.api.waiting import MAX_WAIT_SECONDS, Until
from submissions.enums import JobState

GAIN = "By how much the score is better than the base's; negative where it is worse, whatever the direction."


class ShownScoreSerializer(serializers.Serializer[Any]):
    """A score on the phase's step, with one standard error on the same step."""

    value = serializers.FloatField()
    se = serializers.FloatField()
    text = serializers.CharField()


class ClassF1Serializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # "label" is the name in the contract
    f1 = serializers.FloatField()


class ScoresSerializer(serializers.Serializer[Any]):
    metric = serializers.CharField()
    public = ShownScoreSerializer()
    private = ShownScoreSerializer(allow_null=True, help_text="null before its release.")
    base = ShownScoreSerializer(allow_null=True, help_text="Of the untrained model; null until it is scored.")
    base_method = serializers.CharField()
    gain = serializers.FloatField(allow_null=True, help_text=GAIN)
    dummy = ShownScoreSerializer(
        help_text="Of answering every item alike: with the majority class, the most frequent tag or the mean."
    )
    metrics = serializers.DictField(child=ShownScoreSerializer())
    per_class_f1 = ClassF1Serializer(many=True)
    validation = serializers.DictField(child=serializers.FloatField(), help_text="Exact: your team has these labels.")


class SubmissionRowSerializer(SubmissionRunSerializer):
    score = ShownScoreSerializer(allow_null=True, help_text="The public score; null until it is scored.")


class SubmissionSerializer(SubmissionRunDetailSerializer):
    scores = ScoresSerializer(allow_null=True, help_text="null until it is scored.")


class SubmittedSerializer(SubmissionSerializer):
    was_created = serializers.BooleanField(help_text="false where the same run had been submitted before, at no cost.")
    adjusted = adjusted_field()


class SubmissionQuery(PageQuery):
    phase = serializers.UUIDField(required=False)
    team = serializers.UUIDField(required=False, help_text="For organizers, who see all teams.")
    challenge = serializers.SlugField(required=False)
    state = serializers.ChoiceField(
        choices=[*JobState.choices, (WITHDRAWN, WITHDRAWN)], required=False, help_text="Of the run, or `withdrawn`."
    )
    tag = serializers.CharField(max_length=100, required=False, help_text="In any spelling.")
    ordering = serializers.ChoiceField(
        choices=ORDERINGS,
        default=NEWEST,
        help_text="A list of more than 5,000 submissions has its date alone. What has no value comes last.",
    )


class WaitQuery(StrictSerializer):
    wait = serializers.IntegerField(
        min_value=0,
        max_value=MAX_WAIT_SECONDS,
        default=0,
        help_text="Seconds to wait before answering. Where too many wait already the answer comes at once, with the "
        "header Retry-After.",
    )
    until = serializers.ChoiceField(
        choices=[until.value for until in Until],
        default=Until.CHANGE.value,
        help_text="What to wait for: a change of state, stage or progress, or the end of the run.",
    )


class BoardRowSerializer(serializers.Serializer[Any]):
    place = serializers.IntegerField(allow_null=True, help_text="Equal scores share a place; null for unranked rows.")
    name = serializers.CharField()
    team = serializers.UUIDField(source="team_id", allow_null=True)
    submission = serializers.UUIDField(source="submission_id", allow_null=True, help_text="Where you may open it.")
    number = serializers.IntegerField(allow_null=True)
    method = serializers.CharField()
    base_model = serializers.CharField()
    score = ShownScoreSerializer()
    base_score = ShownScoreSerializer(allow_null=True)
    gain = serializers.FloatField(allow_null=True, help_text=GAIN)
    compute_seconds = serializers.FloatField(allow_null=True)
    entries = serializers.IntegerField(help_text="Scored submissions of the team.")
    improved_at = serializers.DateTimeField(
        allow_null=True, help_text="When the team's shown public best last improved; null for unranked rows."
    )
    history = serializers.ListField(
        child=serializers.FloatField(),
        help_text="The team's best public score after each scored submission, in the order received.",
    )
    is_own = serializers.BooleanField()


class BoardSerializer(serializers.Serializer[Any]):
    """A phase's leaderboard, as you may see it."""

    phase = serializers.UUIDField(source="phase.pk")
    challenge = serializers.SlugField(source="phase.challenge.slug")
    metric = serializers.CharField()
    direction = serializers.ChoiceField(choices=["higher", "lower"], help_text="Which scores are better.")
    step = serializers.FloatField(help_text="All scores are rounded to it.")
    is_frozen = serializers.BooleanField()
    is_final = serializers.BooleanField(help_text="true once the private scores are released: then they rank.")
    public_count = serializers.IntegerField()
    private_count = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())
    rows = BoardRowSerializer(many=True)
    unranked = BoardRowSerializer(many=True, help_text="Baselines, references and untrained models.")
