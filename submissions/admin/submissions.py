"""Submissions in the admin, and what people write to them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hackathon.admin.base import ReadOnlyAdmin, ReadOnlyInline
from hackathon.admin.filters import EventFilter, PhaseFilter
from submissions.models import IdempotencyKey, Job, Submission, Tag, Withdrawal


class JobInline(ReadOnlyInline):
    model = Job
    fields = ("kind", "replicate", "state", "attempt", "node", "compute_seconds", "failure_code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        jobs: QuerySet[Job] = super().get_queryset(request)
        return jobs.select_related("node")


class TagInline(ReadOnlyInline):
    model = Tag
    fields = ("name",)
    show_change_link = False


class WithdrawalInline(ReadOnlyInline):
    model = Withdrawal
    fk_name = "submission"
    fields = ("withdrawn_at", "withdrawn_by", "restored_at", "restored_by")
    show_change_link = False


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ("number", "team", "phase", "base_model", "method", "state", "author", "received_at")
    list_filter = (
        ("phase__challenge__hackathon", EventFilter),
        ("phase", PhaseFilter),
        "jobs__state",
        "base_model",
    )
    sortable_by = ("number", "received_at")
    date_hierarchy = "received_at"
    list_select_related = ("team", "phase__challenge", "base_model", "author")
    search_fields = ("number", "team__name", "author__name", "config_hash__startswith", "note")
    fields = ("number", "phase", "team", "author", "base_model", "config", "config_hash", "note", "received_at")
    inlines: ClassVar[Any] = [JobInline, TagInline, WithdrawalInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        submissions: QuerySet[Submission] = super().get_queryset(request)
        return submissions.prefetch_related("jobs")

    @admin.display(description=_("method"))
    def method(self, obj: Submission) -> str:
        return obj.method

    @admin.display(description=_("state"))
    def state(self, obj: Submission) -> str:
        return next((job.get_state_display() for job in obj.jobs.all() if job.replicate == 0), "–")

    def view_on_site(self, obj: Submission) -> str:
        return reverse("submissions:detail", args=[obj.pk])


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin):
    list_display = ("name", "submission", "team")
    list_filter = (("submission__phase__challenge__hackathon", EventFilter),)
    ordering = ("-created_at",)
    sortable_by = ()
    list_select_related = ("submission__team",)
    search_fields = ("name", "submission__team__name")
    fields = ("name", "submission")

    @admin.display(description=_("team"))
    def team(self, obj: Tag) -> str:
        return str(obj.submission.team)


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    """Who took a scored submission out of the ranking, and when it came back."""

    list_display = ("submission", "team", "withdrawn_at", "withdrawn_by", "restored_at", "restored_by")
    list_filter = (("submission__phase__challenge__hackathon", EventFilter), ("submission__phase", PhaseFilter))
    sortable_by = ("withdrawn_at",)
    date_hierarchy = "withdrawn_at"
    list_select_related = ("submission__team", "withdrawn_by", "restored_by")
    search_fields = ("submission__team__name",)
    fields = ("submission", "withdrawn_at", "withdrawn_by", "restored_at", "restored_by")

    @admin.display(description=_("team"))
    def team(self, obj: Withdrawal) -> str:
        return str(obj.submission.team)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "user", "submission", "was_created", "created_at")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    list_select_related = ("user", "submission")
    search_fields = ("key", "user__name")
    fields = ("key", "user", "submission", "was_created", "created_at")
