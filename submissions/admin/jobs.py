"""Jobs in the admin. A job's state is moved by actions, never edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from hackathon.admin.base import Attention, ReadOnlyAdmin, ReadOnlyInline, is_allowed
from hackathon.admin.confirm import Question, ReasonForm, confirm
from hackathon.admin.filters import EventFilter, KnownValuesFilter
from submissions.enums import JobState
from submissions.models import Artifact, Job, JobEvent, Loss, ProgressChunk
from submissions.services.jobs import cancel_job
from submissions.services.operator import drop_quarantined, requeue_quarantined
from submissions.services.scoring_lease import INVALID_RESULT
from training_worker.contract.wire import OUTPUTS, FailureCode


class EventInline(ReadOnlyInline):
    model = JobEvent
    fields = ("at", "from_state", "to_state", "attempt", "reason", "actor")
    show_change_link = False


class ArtifactInline(ReadOnlyInline):
    model = Artifact
    fields = ("name", "size", "sha256")
    show_change_link = False


class FailureFilter(KnownValuesFilter):
    values = (*FailureCode, INVALID_RESULT)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Quarantined jobs are requeued or dropped here, with a reason that their team reads."""

    list_display = (
        "__str__",
        "kind",
        "state",
        "stage",
        "team",
        "phase",
        "node",
        "attempt",
        "losses",
        "failure_code",
        "queued_at",
    )
    list_filter = (
        "state",
        "kind",
        "fault",
        ("failure_code", FailureFilter),
        ("phase__challenge__hackathon", EventFilter),
        "node",
    )
    sortable_by = ("queued_at",)
    list_select_related = ("team", "phase__challenge", "node")
    search_fields = ("id", "team__name", "submission__number")
    date_hierarchy = "queued_at"
    exclude = ("claim_id", "attempt_folder", "key")
    inlines: ClassVar[Any] = [EventInline, ArtifactInline]
    actions = ("requeue", "drop", "cancel")

    def attention(self, request: HttpRequest) -> list[Attention]:
        waiting = Job.objects.filter(state=JobState.QUARANTINED).count()
        text = ngettext("job is quarantined", "jobs are quarantined", waiting)
        return [Attention(waiting, text, "state__exact=quarantined")] if waiting else []

    def view_on_site(self, obj: Job) -> str | None:
        return reverse("submissions:detail", args=[obj.submission_id]) if obj.submission_id else None

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.action(description=_("Requeue from quarantine"), permissions=["operate"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        ask = Question(
            _("Requeue from quarantine"),
            _("The jobs wait for a node again, with a clean record, and are charged to their teams' quota again."),
            ngettext_lazy("%(count)d job is queued again.", "%(count)d jobs are queued again.", "count"),
            ReasonForm,
        )
        return self._decide(request, queryset, ask, requeue_quarantined)

    @admin.action(description=_("Drop from quarantine"), permissions=["operate"])
    def drop(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        ask = Question(
            _("Drop from quarantine"),
            _("The jobs are cancelled for good; they cost their teams nothing. The teams read your reason."),
            ngettext_lazy("%(count)d job dropped.", "%(count)d jobs dropped.", "count"),
            ReasonForm,
        )
        return self._decide(request, queryset, ask, drop_quarantined)

    def _decide(
        self, request: HttpRequest, jobs: QuerySet[Job], ask: Question, service: Callable[..., object]
    ) -> HttpResponse | None:
        """About quarantined jobs, by the service with the operator's reason."""
        actor = str(request.user)
        return confirm(
            self, request, jobs, ask, lambda job, values: service(job=job, reason=values["reason"], actor=actor)
        )

    @admin.action(description=_("Cancel"), permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        ask = Question(
            _("Cancel the jobs"),
            _(
                "They end at once and for good. Before its start a job costs its team nothing; a running one costs an "
                "attempt and the seconds since it was claimed."
            ),
            ngettext_lazy("%(count)d job cancelled.", "%(count)d jobs cancelled.", "count"),
            ReasonForm,
        )
        actor = str(request.user)
        return confirm(self, request, queryset, ask, lambda job, _values: cancel_job(job=job, actor=actor))


@admin.register(JobEvent)
class JobEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "job", "from_state", "to_state", "attempt", "reason", "actor")
    list_filter = ("to_state", ("job__phase__challenge__hackathon", EventFilter))
    sortable_by = ("at",)
    list_select_related = ("job",)
    search_fields = ("job__id", "reason", "actor")
    date_hierarchy = "at"


@admin.register(Loss)
class LossAdmin(ReadOnlyAdmin):
    """Attempts that were lost, and where: what a node is suspended for and a job is quarantined for."""

    list_display = ("at", "job", "node", "attempt", "reason")
    list_filter = ("node",)
    sortable_by = ("at",)
    list_select_related = ("job", "node")
    search_fields = ("reason",)
    date_hierarchy = "at"


class OutputFilter(KnownValuesFilter):
    values = tuple(OUTPUTS)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    list_display = ("name", "job", "size", "created_at")
    list_filter = (("name", OutputFilter),)
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    list_select_related = ("job",)
    search_fields = ("job__id", "sha256__startswith")
    fields = ("job", "name", "size", "sha256", "created_at")


@admin.register(ProgressChunk)
class ProgressChunkAdmin(ReadOnlyAdmin):
    list_display = ("job", "attempt", "seq")
    ordering = ("-pk",)
    sortable_by = ()
    list_select_related = ("job",)
    search_fields = ("job__id",)
