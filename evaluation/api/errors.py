"""Every validation item of a run as JSON: the same search and filters as the page."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.report.browse import EVERYTHING, HIGHEST, LOWEST, ExampleQuery, find_examples
from evaluation.report.stored import read_examples
from hackathon.answers import answers_of
from hackathon.api.pagination import ListPages
from hackathon.api.strict import PageQuery, StrictAPIView
from hackathon.errors import NotFound
from submissions.api.views import visible_submission
from submissions.selectors import files_of, first_job

from .report import KINDS, ExampleSerializer


class KeptExampleSerializer(ExampleSerializer):
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=KINDS))


class KeptExamplePage(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = KeptExampleSerializer(many=True)


class ErrorsQuery(PageQuery):
    q = serializers.CharField(max_length=200, required=False, help_text="Words in the inputs or the id, in any case.")
    kind = serializers.ChoiceField(
        choices=[*KINDS, EVERYTHING], required=False, help_text="By default the errors; `all` for every item."
    )
    target = serializers.CharField(
        max_length=200, required=False, help_text="A label, or a type of entity, that is right."
    )
    predicted = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="One that was predicted; empty for no answer."
    )
    order = serializers.ChoiceField(
        choices=[HIGHEST, LOWEST],
        required=False,
        help_text="By confidence, by error where there is none. By default the most relevant first.",
    )


class ErrorsView(StrictAPIView):
    """The validation items of a scored run, errors first, for its team and the organizers.

    A run keeps as many as fit into 8 MiB. 404 where it has kept none.
    """

    summaries: ClassVar = {"get": "Browse validation errors"}
    query = ErrorsQuery

    @extend_schema(responses=KeptExamplePage)
    def get(self, request: Request, submission_id: UUID) -> Response:
        submission = visible_submission(request.user, submission_id)
        job = first_job(submission)
        examples = read_examples(job, files_of(job), task=submission.phase.challenge.task)
        if examples is None:
            raise NotFound
        wanted = {name: value for name, value in self.parameters.items() if name in ExampleQuery.__dataclass_fields__}
        pages = ListPages()
        answers = answers_of(submission.phase.challenge.task_spec.output)
        page = pages.paginate_queryset(find_examples(examples, ExampleQuery(**wanted), answers), request, view=self)
        return pages.get_paginated_response(KeptExampleSerializer(page, many=True).data)
