"""Submissions as a table: state of the first job, public score and chosen columns, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.core.paginator import Page
from django.db.models import F, Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from evaluation.board.rows import ShownScore
from evaluation.models import Result
from evaluation.visibility import score_view
from hackathon.visibility import Viewer
from hackathon.web.live import version_of
from hackathon.web.paginator import SteadyPaginator
from submissions.enums import ACTIVE_STATES
from submissions.models import Job, Submission, Withdrawal

from .columns import COLUMNS, DEFAULT, NEWEST, Column, ordered
from .filters import Filters, listed_submissions

PAGE_SIZE = 50
MAX_SORTED = 5_000
"""A longer list is sorted by date alone, for which there is an index: by another column every row would be read."""


@dataclass(frozen=True)
class SubmissionRow:
    submission: Submission
    job: Job
    score: ShownScore | None
    validation: dict[str, float] = field(default_factory=dict)
    """Metrics on the validation set, exact: the team has those labels. Read for columns alone."""


@dataclass(frozen=True)
class Heading:
    """The head of a column: `query` is what its link asks for, "" where nothing sorts by it."""

    column: Column
    query: str
    direction: str
    """For `aria-sort`; "" where the list is not sorted by it."""


@dataclass(frozen=True)
class Cell:
    column: Column
    text: str


@dataclass(frozen=True)
class Table:
    """One page of the list."""

    page: Page[Submission]
    rows: list[SubmissionRow]
    columns: list[Column]
    filters: Filters
    is_sortable: bool
    """By other columns than the date."""

    @property
    def is_active(self) -> bool:
        """Can a row still change by itself?"""
        return any(row.job.state in ACTIVE_STATES for row in self.rows)

    @property
    def has_teams(self) -> bool:
        """Are there rows of more than one team?"""
        return len({row.submission.team_id for row in self.rows}) > 1

    @property
    def ordering(self) -> str:
        """The one in force."""
        return ordering_of(self.filters, is_sortable=self.is_sortable)

    @property
    def is_refused(self) -> bool:
        """Was an order asked for that so long a list does not have?"""
        return self.ordering != (self.filters.ordering or NEWEST)

    @property
    def max_sorted(self) -> str:
        return f"{MAX_SORTED:,}"

    @property
    def back(self) -> str:
        """What leads to the page before."""
        return _("Newer") if self.ordering == NEWEST else _("Previous")

    @property
    def on(self) -> str:
        return _("Older") if self.ordering == NEWEST else _("Next")

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        if not self._sorts_by(column):
            return Heading(column, "", "")
        up, down = column.name, f"-{column.name}"
        first, other = (down, up) if column.is_number else (up, down)
        wanted = replace(self.filters, ordering=other if self.ordering == first else first)
        directions = {up: "ascending", down: "descending"}
        return Heading(column, wanted.query, directions.get(self.ordering, ""))

    def _sorts_by(self, column: Column) -> bool:
        return column.order is not None and (self.is_sortable or column.name == NEWEST[1:])

    @property
    def orderings(self) -> list[tuple[str, str]]:
        """(value, text) for the form, which has them where headings have no room."""
        shown = [*self.columns, *(() if COLUMNS[NEWEST[1:]] in self.columns else (COLUMNS[NEWEST[1:]],))]
        columns = [column for column in shown if self._sorts_by(column)]
        return [
            (sign + column.name, words % {"column": f"{column.heading} {column.metric}".strip()})
            for column in columns
            for sign, words in (("-", _("%(column)s, descending")), ("", _("%(column)s, ascending")))
        ]

    def cells(self, row: SubmissionRow) -> list[Cell]:
        return [Cell(column, column.text(row)) for column in self.columns]

    @property
    def lines(self) -> list[tuple[SubmissionRow, list[Cell]]]:
        return [(row, self.cells(row)) for row in self.rows]


def ordering_of(filters: Filters, *, is_sortable: bool) -> str:
    """What the address asks for, as far as a list of this length has it."""
    return filters.ordering if filters.ordering.endswith(NEWEST[1:]) or (filters.ordering and is_sortable) else NEWEST


def is_sortable(found: QuerySet[Submission]) -> bool:
    """Is the list short enough to be sorted by any column?"""
    return SteadyPaginator(found, PAGE_SIZE).count <= MAX_SORTED


def submission_rows(page: Sequence[Submission], *, with_validation: bool = False) -> list[SubmissionRow]:
    """Rows for one page of submissions."""
    withdrawals = Prefetch("withdrawals", Withdrawal.objects.select_related("withdrawn_by"))
    prefetch_related_objects(page, "tags", withdrawals)
    firsts = Job.objects.with_collapse().filter(submission__in=page, replicate=0).defer("result")
    if with_validation:
        firsts = firsts.annotate(validation=F("result__validation"))
    jobs = {job.submission_id: job for job in firsts}
    scored = Result.objects.current().filter(job__in=[job.pk for job in jobs.values()]).lean()
    results = {result.job_id: result for result in scored}
    rows = []
    for submission in page:
        job = jobs[submission.pk]
        result = results.get(job.pk)
        view = score_view(submission.phase, organizes=False)
        score = view.public(result) if result else None
        rows.append(SubmissionRow(submission, job, score, getattr(job, "validation", None) or {}))
    return rows


def read_table(viewer: Viewer, filters: Filters, columns: Sequence[Column], *, page: str | None) -> Table:
    """A page of the list by its number; the nearest one where there is no such page."""
    pages = SteadyPaginator(listed_submissions(viewer, filters), PAGE_SIZE)
    sortable = pages.count <= MAX_SORTED
    pages.object_list = ordered(pages.object_list, ordering_of(filters, is_sortable=sortable))
    found = pages.get_page(page)
    rows = submission_rows(list(found.object_list), with_validation=any(column.metric for column in columns))
    return Table(found, rows, list(columns), filters, sortable)


def default_columns() -> list[Column]:
    return [COLUMNS[name] for name in DEFAULT]


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
            [cell.text for cell in table.cells(row)],
        )
        for row in table.rows
    ]
    return version_of((shown, table.page.number, table.page.paginator.num_pages))
