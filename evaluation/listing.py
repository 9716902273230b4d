"""Submissions as a table: state of the first job and the public score, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from hackathon.visibility import Viewer
from submissions.models import Job, Submission
from submissions.selectors import submissions_visible_to

from .board import ShownScore
from .models import Result
from .visibility import score_view


@dataclass(frozen=True)
class SubmissionRow:
    submission: Submission
    job: Job
    score: ShownScore | None


def listed_submissions(viewer: Viewer, *, hackathon: str = "") -> QuerySet[Submission]:
    """All that the viewer may see, newest first; of one hackathon where its slug is given."""
    found = submissions_visible_to(viewer).order_by("-received_at", "-number")
    return found.filter(phase__challenge__hackathon__slug=hackathon) if hackathon else found


def submission_rows(page: Sequence[Submission]) -> list[SubmissionRow]:
    """Rows for one page of `listed_submissions`."""
    jobs = {job.submission_id: job for job in Job.objects.filter(submission__in=page, replicate=0)}
    results = {
        result.job_id: result for result in Result.objects.current().filter(job__in=[job.pk for job in jobs.values()])
    }
    rows = []
    for submission in page:
        job = jobs[submission.pk]
        result = results.get(job.pk)
        view = score_view(submission.phase, organizes=False)
        rows.append(SubmissionRow(submission, job, view.public(result) if result else None))
    return rows
