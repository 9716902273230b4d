"""The list as a CSV file: the same submissions, columns and order as the page, written while it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from django.db.models import QuerySet

from evaluation.spreadsheet import Cell, csv_lines
from hackathon.visibility import Viewer
from submissions.models import Submission

from .columns import Column, ordered
from .filters import Filters, listed_submissions
from .table import SubmissionRow, is_sortable, ordering_of, submission_rows

CHUNK = 500
FIXED = ("number", "id", "hackathon", "challenge", "team")


def submissions_csv(viewer: Viewer, filters: Filters, columns: Sequence[Column]) -> Iterator[bytes]:
    """What is unknown is empty; times are ISO 8601 in UTC. Keys first, then their rows, a chunk at a time: no more than
    that is in memory, and no query is as long as the file."""
    found = listed_submissions(viewer, filters)
    found = ordered(found, ordering_of(filters, is_sortable=is_sortable(found)))
    return csv_lines(_rows(found, columns))


def _rows(found: QuerySet[Submission], columns: Sequence[Column]) -> Iterator[list[Cell]]:
    yield [*FIXED, *(name for column in columns for name in (column.name, *column.beside))]
    for row in _in_chunks(found, with_validation=any(column.metric for column in columns)):
        yield [*_fixed(row.submission), *(cell for column in columns for cell in _cells(column, row))]


def _in_chunks(found: QuerySet[Submission], *, with_validation: bool) -> Iterator[SubmissionRow]:
    keys = found.values_list("pk", flat=True).iterator(chunk_size=CHUNK)
    while chunk := list(islice(keys, CHUNK)):
        by_key = {submission.pk: submission for submission in found.order_by().filter(pk__in=chunk)}
        page = [by_key[key] for key in chunk if key in by_key]
        yield from submission_rows(page, with_validation=with_validation)


def _fixed(submission: Submission) -> list[Cell]:
    challenge = submission.phase.challenge
    return [submission.number, str(submission.pk), challenge.hackathon.slug, challenge.slug, submission.team.name]


def _cells(column: Column, row: SubmissionRow) -> list[Cell]:
    return [column.value(row), *(value(row) for value in column.beside.values())]
