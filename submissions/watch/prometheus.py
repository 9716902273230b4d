"""`/metrics` for Prometheus: queue, nodes, sweeper and mail.

All of it is read from what the web processes share, so that it is the same whichever of them answers.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hackathon.clock import db_now
from hackathon.files.storage import private_aliases, storage
from hackathon.models import Heartbeat, OutgoingMail
from hackathon.services.heartbeat import SWEEPER
from hackathon.web.kept import kept
from hackathon.web.paginator import EXACT
from submissions.enums import FINAL_STATES, JobState
from submissions.models import Job
from submissions.selectors import live_nodes
from training_worker.contract.wire import JobKind

WAITING_STATES = [state for state in JobState if state not in FINAL_STATES]


class Platform(Collector):
    """Reads the database once a scrape: eight queries. What has ended may be 30 s old where it is much."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield from _jobs()
        yield _age("hacktune_queue_oldest_seconds", "Age of the oldest queued job.", JobState.QUEUED, self._now)
        yield _age("hacktune_scoring_oldest_seconds", "Longest wait for a score.", JobState.SCORING, self._now)
        yield _mails()
        nodes = live_nodes(now=self._now).count()
        yield GaugeMetricFamily("hacktune_nodes_live", "Nodes heard of in the last minute or running a job.", nodes)
        yield _disks()
        if swept := last_sweep_at():
            text = "When the sweeper's last pass began."
            yield GaugeMetricFamily("hacktune_sweeper_last_pass_timestamp_seconds", text, swept.timestamp())


def last_sweep_at() -> datetime | None:
    """When the sweeper was last at work; None: never."""
    return Heartbeat.objects.filter(name=SWEEPER).values_list("at", flat=True).first()


def _jobs() -> Iterator[Metric]:
    """Jobs on their way by kind and state, zeros included, and jobs that have ended by kind, state and fault."""
    waiting = {(kind.value, state.value): 0 for kind in JobKind for state in WAITING_STATES}
    ended = CounterMetricFamily("hacktune_jobs_ended", "Jobs that have ended.", labels=["kind", "state", "fault"])
    for kind, state, fault, count in _ended():
        ended.add_metric([kind, state, fault or "none"], count)
    going_on = Job.objects.filter(state__in=WAITING_STATES).order_by()
    for kind, state, count in going_on.values_list("kind", "state").annotate(Count("pk")):
        waiting[kind, state] += count
    now = GaugeMetricFamily("hacktune_jobs", "Jobs that have not ended.", labels=["kind", "state"])
    for labels, count in waiting.items():
        now.add_metric(labels, count)
    yield from (now, ended)


def _ended() -> list[tuple[str, str, str, int]]:
    """Kind, state, fault and number of the jobs that have ended."""
    jobs = Job.objects.filter(state__in=FINAL_STATES).order_by().values_list("kind", "state", "fault")
    return kept(
        "jobs ended",
        lambda: list(jobs.annotate(Count("pk"))),
        is_worth_it=lambda found: sum(count for *_labels, count in found) > EXACT,
    )


def _mails() -> Metric:
    """Mails not sent: those that still wait, and those that were given up."""
    mails = OutgoingMail.objects.aggregate(
        waiting=Count("pk", filter=Q(sent_at=None, next_attempt_at__isnull=False)),
        given_up=Count("pk", filter=Q(sent_at=None, next_attempt_at=None)),
    )
    family = GaugeMetricFamily("hacktune_mails", "Mails that are not sent.", labels=["state"])
    for state, count in mails.items():
        family.add_metric([state], count)
    return family


def _disks() -> Metric:
    """Room for files by storage, where they are on a disk."""
    text = "Free disk space of a storage."
    family = GaugeMetricFamily("hacktune_storage_free_bytes", text, labels=["storage"])
    for alias in private_aliases():
        if (free := storage(alias).free_bytes()) is not None:
            family.add_metric([alias], free)
    return family


def _age(name: str, text: str, state: JobState, now: datetime) -> Metric:
    """Seconds since the oldest job of that state entered it; 0 where there is none."""
    field = "trained_at" if state == JobState.SCORING else "queued_at"
    since: datetime | None = Job.objects.filter(state=state).aggregate(since=Min(field))["since"]
    return GaugeMetricFamily(name, text, max(0.0, (now - since).total_seconds()) if since else 0.0)


def _is_allowed(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(given, expected)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever holds HACKTUNE_METRICS_TOKEN; to everybody else, whoever they are, there is no such page."""
    if not _is_allowed(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Platform(db_now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
