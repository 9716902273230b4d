"""Submissions as a table: state of the first job and the public score, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from hackathon.models import Challenge, Phase
from hackathon.visibility import Viewer
from hackathon.web.kept import kept, name_of
from hackathon.web.live import version_of
from hackathon.web.paginator import EXACT, SteadyPaginator
from submissions.enums import ACTIVE_STATES, JobState
from submissions.models import Job, Submission, Tag, Withdrawal
from submissions.selectors import submissions_visible_to
from training_worker.contract.text import name_key

from .board.rows import ShownScore
from .models import Result
from .visibility import score_view

WITHDRAWN = "withdrawn"
"""Beside the job's states: scored, and out of the ranking."""
MAX_TAG_LINKS = 12
PAGE_SIZE = 50


@dataclass(frozen=True)
class SubmissionRow:
    submission: Submission
    job: Job
    score: ShownScore | None


@dataclass(frozen=True)
class Table:
    """One page of the list."""

    page: Page[Submission]
    rows: list[SubmissionRow]

    @property
    def is_active(self) -> bool:
        """Can a row still change by itself?"""
        return any(row.job.state in ACTIVE_STATES for row in self.rows)

    @property
    def has_teams(self) -> bool:
        """Are there rows of more than one team?"""
        return len({row.submission.team_id for row in self.rows}) > 1


@dataclass(frozen=True)
class Filters:
    """What the list's address asks for; "" leaves a part open."""

    hackathon: str = ""
    challenge: str = ""
    state: str = ""
    tag: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        return cls(**{name: query.get(name, "")[:200] for name in cls.__dataclass_fields__})

    @property
    def query(self) -> str:
        """For an address: "hackathon=…&tag=…" without the open ones."""
        return urlencode({name: value for name, value in vars(self).items() if value})

    @property
    def is_narrowed(self) -> bool:
        return bool(self.challenge or self.state or self.tag)

    @property
    def widened(self) -> Filters:
        return Filters(hackathon=self.hackathon)


@dataclass(frozen=True)
class Choice:
    """One link of the row of filters."""

    text: str
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class FilterRow:
    name: str
    choices: list[Choice]


def listed_submissions(viewer: Viewer, filters: Filters) -> QuerySet[Submission]:
    """All that the viewer may see and the filters let through, newest first."""
    found = submissions_visible_to(viewer).order_by("-received_at", "-number", "-pk")
    found = in_challenge(found, hackathon=filters.hackathon, challenge=filters.challenge)
    return in_state(tagged(found, filters.tag), filters.state)


def in_challenge(found: QuerySet[Submission], *, hackathon: str = "", challenge: str = "") -> QuerySet[Submission]:
    """Those in the phases of the hackathon and the challenge with these slugs; "" leaves a part open."""
    slugs = {"challenge__hackathon__slug": hackathon, "challenge__slug": challenge}
    wanted = {path: slug for path, slug in slugs.items() if slug}
    if not wanted:
        return found
    return found.filter(phase__in=list(Phase.objects.filter(**wanted).order_by().values_list("pk", flat=True)))


def tagged(found: QuerySet[Submission], tag: str) -> QuerySet[Submission]:
    """Those with that tag, however it is spelled."""
    return found.filter(Exists(Tag.objects.filter(submission=OuterRef("pk"), key=name_key(tag)))) if tag else found


def in_state(found: QuerySet[Submission], state: str) -> QuerySet[Submission]:
    """Those in that state of a job, or withdrawn."""
    if state == WITHDRAWN:
        return found.filter(Exists(Withdrawal.objects.filter(submission=OuterRef("pk"), restored_at__isnull=True)))
    first = Job.objects.filter(submission=OuterRef("pk"), replicate=0)
    return found.filter(Exists(first.filter(state=state))) if state else found


def filter_rows(viewer: Viewer, filters: Filters) -> list[FilterRow]:
    """Links that narrow the list: the viewer's challenges, states, most used tags; no row without a choice."""
    seen = listed_submissions(viewer, filters.widened).order_by()
    named = _challenges(seen)
    keys = {key: key for key in _most_used_tags(seen)}
    if filters.tag:
        keys.setdefault(name_key(filters.tag), filters.tag)
    rows = [
        _row(_("challenge"), filters, "challenge", named if len(named) > 1 or filters.challenge else {}),
        _row(_("state"), filters, "state", {**dict(JobState.choices), WITHDRAWN: _("withdrawn")}),
        _row(_("tag"), filters, "tag", keys),
    ]
    return [row for row in rows if len(row.choices) > 1]


def _challenges(seen: QuerySet[Submission]) -> dict[str, str]:
    """Title by slug of those with a submission among `seen`, by title."""
    phases = Phase.objects.filter(Exists(seen.filter(phase=OuterRef("pk"))))
    found = Challenge.objects.filter(pk__in=phases.values("challenge")).order_by("title", "slug")
    return dict(found.values_list("slug", "title"))


def _most_used_tags(seen: QuerySet[Submission]) -> list[str]:
    """Keys, the most used first. Where many are in use they may be 30 s old: it takes reading all tags of `seen`."""
    tags = Tag.objects.filter(submission__in=seen.values("pk")).order_by().values_list("key")
    most = tags.annotate(count=Count("pk")).order_by("-count", "key")[:MAX_TAG_LINKS]
    used = kept(
        f"tags {name_of(seen)}", lambda: list(most), is_worth_it=lambda found: sum(dict(found).values()) > EXACT
    )
    return [key for key, _count in used]


def _row(name: str, filters: Filters, field: str, values: Mapping[str, object]) -> FilterRow:
    chosen = getattr(filters, field)
    chosen = name_key(chosen) if field == "tag" else chosen
    links = {"": _("all"), **values}
    return FilterRow(
        name,
        [
            Choice(str(text), replace(filters, **{field: value}).query, is_chosen=value == chosen)
            for value, text in links.items()
        ],
    )


def submission_rows(page: Sequence[Submission]) -> list[SubmissionRow]:
    """Rows for one page of `listed_submissions`."""
    withdrawals = Prefetch("withdrawals", Withdrawal.objects.select_related("withdrawn_by"))
    prefetch_related_objects(page, "tags", withdrawals)
    firsts = Job.objects.with_collapse().filter(submission__in=page, replicate=0).defer("result")
    jobs = {job.submission_id: job for job in firsts}
    scored = Result.objects.current().filter(job__in=[job.pk for job in jobs.values()]).lean()
    results = {result.job_id: result for result in scored}
    rows = []
    for submission in page:
        job = jobs[submission.pk]
        result = results.get(job.pk)
        view = score_view(submission.phase, organizes=False)
        rows.append(SubmissionRow(submission, job, view.public(result) if result else None))
    return rows


def read_table(viewer: Viewer, filters: Filters, *, page: str | None) -> Table:
    """A page of the list by its number; the nearest one where there is no such page."""
    found = SteadyPaginator(listed_submissions(viewer, filters), PAGE_SIZE).get_page(page)
    return Table(found, submission_rows(list(found.object_list)))


def list_version(table: Table) -> str:
    """A digest of what the page shows, and of nothing else."""
    shown = [
        (
            str(row.submission.pk),
            row.submission.note,
            row.submission.tag_names,
            row.submission.withdrawal is not None,
            (row.job.state, row.job.stage, row.job.step, row.job.total_steps, row.job.failure_code),
            row.score.text if row.score else "",
        )
        for row in table.rows
    ]
    return version_of((shown, table.page.number, table.page.paginator.num_pages))
