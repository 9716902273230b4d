"""Submissions, jobs and nodes in the admin. A job's state is moved by actions, never edited."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from hackathon.admin_base import Inline, ReadOnlyAdmin, ReasonForm, apply_each, is_allowed

from .models import Artifact, EnrolmentToken, IdempotencyKey, Job, JobEvent, Node, ProgressChunk, Quota, Submission
from .services.nodes import revoke_node
from .services.operator import drop_quarantined, requeue_quarantined
from .services.submit import cancel_job


class ReadOnlyInline(Inline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JobInline(ReadOnlyInline):
    model = Job
    fields = ("kind", "replicate", "state", "attempt", "node", "compute_seconds", "failure_code")
    show_change_link = True


class EventInline(ReadOnlyInline):
    model = JobEvent
    fields = ("at", "from_state", "to_state", "attempt", "reason", "actor")


class ArtifactInline(ReadOnlyInline):
    model = Artifact
    fields = ("name", "size", "sha256")


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ("number", "team", "phase", "base_model", "method", "author", "received_at", "page")
    list_filter = ("phase__challenge__hackathon", "phase", "base_model")
    list_select_related = ("team", "phase__challenge", "base_model", "author")
    search_fields = ("number", "team__name", "author__name", "config_hash", "note")
    fields = ("number", "phase", "team", "author", "base_model", "config", "config_hash", "note", "received_at")
    inlines: ClassVar[Any] = [JobInline]

    @admin.display(description=_("page"))
    def page(self, obj: Submission) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("submissions:detail", args=[obj.pk]), obj)


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
    list_filter = ("state", "kind", "fault", "failure_code", "phase__challenge__hackathon", "node")
    list_select_related = ("team", "phase__challenge", "node")
    search_fields = ("id", "team__name", "submission__number", "failure_code")
    date_hierarchy = "queued_at"
    exclude = ("claim_id", "attempt_folder", "key")
    inlines: ClassVar[Any] = [EventInline, ArtifactInline]
    action_form = ReasonForm
    actions = ("requeue", "drop", "cancel")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.action(description=_("Requeue from quarantine"), permissions=["operate"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        reason, actor = request.POST.get("reason", ""), str(request.user)
        done = _("%(count)d jobs are queued again.")
        apply_each(request, queryset, lambda job: requeue_quarantined(job=job, reason=reason, actor=actor), done=done)

    @admin.action(description=_("Drop from quarantine"), permissions=["operate"])
    def drop(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        reason, actor = request.POST.get("reason", ""), str(request.user)
        done = _("%(count)d jobs dropped.")
        apply_each(request, queryset, lambda job: drop_quarantined(job=job, reason=reason, actor=actor), done=done)

    @admin.action(description=_("Cancel"), permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        actor = str(request.user)
        apply_each(request, queryset, lambda job: cancel_job(job=job, actor=actor), done=_("%(count)d jobs cancelled."))


@admin.register(JobEvent)
class JobEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "job", "from_state", "to_state", "attempt", "reason", "actor")
    list_filter = ("to_state", "job__phase__challenge__hackathon")
    list_select_related = ("job",)
    search_fields = ("job__id", "reason", "actor")
    date_hierarchy = "at"


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    list_display = ("name", "seen_at", "device", "memory", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    fields = ("name", "seen_at", "revoked_at", "report", "created_at")
    actions = ("revoke",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.display(description=_("device"))
    def device(self, obj: Node) -> str:
        return str(obj.report.get("device", ""))

    @admin.display(description=_("memory, MB"))
    def memory(self, obj: Node) -> str:
        return str(obj.report.get("memory_mb", ""))

    @admin.action(description=_("Revoke"), permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        apply_each(request, queryset, lambda node: revoke_node(node=node), done=_("%(count)d nodes revoked."))


@admin.register(EnrolmentToken)
class EnrolmentTokenAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "expires_at", "used_at", "node")
    fields = ("created_at", "expires_at", "used_at", "node")


@admin.register(Quota)
class QuotaAdmin(ReadOnlyAdmin):
    list_display = (
        "team",
        "phase",
        "day",
        "used_today",
        "cap_day",
        "used_total",
        "cap_total",
        "running",
        "compute_used",
    )
    list_filter = ("phase__challenge__hackathon", "phase")
    list_select_related = ("team", "phase__challenge")
    search_fields = ("team__name",)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    list_display = ("name", "job", "size", "created_at")
    list_filter = ("name",)
    list_select_related = ("job",)
    search_fields = ("job__id", "sha256")
    fields = ("job", "name", "size", "sha256", "created_at")


@admin.register(ProgressChunk)
class ProgressChunkAdmin(ReadOnlyAdmin):
    list_display = ("job", "attempt", "seq")
    list_select_related = ("job",)
    search_fields = ("job__id",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "user", "submission", "was_created", "created_at")
    list_select_related = ("user", "submission")
    search_fields = ("key", "user__name")
    fields = ("key", "user", "submission", "was_created", "created_at")
