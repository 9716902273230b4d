"""Reading scores: the board, one submission's scores, what the board counts. All through `visibility.score_view`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from hackathon.errors import NotFound
from hackathon.models import Phase
from hackathon.visibility import Viewer, is_organizer, phases_visible_to
from submissions.models import Submission
from submissions.pages.next_steps import BestRun
from submissions.selectors import submissions_visible_to
from teams.models import Team
from teams.selectors import team_in

from .board.rows import Board, BoardRow, ClassF1, ShownScore, SubmissionScores
from .models import SCORING_VERSION, LeaderboardEntry, Reference, Result, unshown_columns
from .ranking.places import best_result, places, reception, running_best
from .ranking.rounding import round_to_step
from .visibility import ScoreView, score_view

ENOUGH_PUBLIC, ENOUGH_PRIVATE = 300, 700
"""With fewer test items the board says that it cannot tell close scores apart."""


@dataclass(frozen=True)
class TeamBest:
    """A team's best result, how many it has, and its running best."""

    result: Result
    entries: int
    history: tuple[float, ...]


@dataclass(frozen=True)
class _Reader:
    """Who reads a board: decides which rows are theirs and which submissions they may open."""

    view: ScoreView
    organizes: bool
    team_id: UUID | None
    base_scores: dict[UUID, Result]
    """Base score by base model."""

    def base_of(self, result: Result) -> ShownScore | None:
        base = self.base_scores.get(result.job.base_model_id)
        return None if base is None else self.view.ranking(base)


def leaderboard(phase: Phase, viewer: Viewer) -> Board:
    """The phase's board for the viewer. Raises `NotFound` where the viewer may not know of the phase.

    The number of queries does not depend on the number of rows.
    """
    if not phases_visible_to(viewer).filter(pk=phase.pk).exists():
        raise NotFound
    hackathon = phase.challenge.hackathon
    organizes = is_organizer(viewer, hackathon)
    team = team_in(viewer, hackathon)
    view = score_view(phase, organizes=organizes)
    base_scores = _base_scores(phase)
    reader = _Reader(view, organizes, team.pk if team else None, base_scores)
    return Board(
        phase=phase,
        metric=view.metric.name,
        step=view.step,
        rows=_ranked_rows(team_bests(phase, view), reader),
        unranked=_unranked_rows(phase, reader),
        is_frozen=view.cutoff is not None,
        is_final=view.is_released,
        public_count=phase.data.public_count,
        private_count=phase.data.private_count,
        warnings=_warnings(phase),
    )


def team_bests(phase: Phase, view: ScoreView) -> list[TeamBest]:
    """Of a frozen board from the results scored by then; else from the entries, which say the same of now."""
    if view.cutoff is None:
        entries = LeaderboardEntry.objects.filter(phase=phase, scoring_version=SCORING_VERSION)
        rows = entries.select_related("result__job__base_model", "result__job__submission__team")
        return [
            TeamBest(entry.result, entry.entries, _history(entry.history, view))
            for entry in rows.defer(*unshown_columns("result__"))
        ]
    counted = Result.objects.ranked_in(phase, at=view.cutoff).filter(job__finished_at__lte=view.cutoff).with_rows()
    by_team = groupby(counted.order_by("job__team_id"), key=attrgetter("job.team_id"))
    return [_team_best(sorted(results, key=reception), view) for _team, results in by_team]


def best_runs(pairs: Sequence[tuple[Team, Phase]]) -> dict[UUID, BestRun]:
    """By team: its best submission in that phase, for itself; in one query."""
    phases = {team.pk: phase for team, phase in pairs}
    entries = LeaderboardEntry.objects.filter(scoring_version=SCORING_VERSION, team__in=phases)
    found = entries.filter(phase__in=phases.values()).select_related("result", "submission")
    best = {}
    for entry in found.defer("result__public_metrics", "result__private_metrics"):
        phase = phases[entry.team_id]
        if entry.phase_id == phase.pk:
            score = score_view(phase, organizes=False).ranking(entry.result)
            best[entry.team_id] = BestRun(entry.submission, score.text)
    return best


def _team_best(results: list[Result], view: ScoreView) -> TeamBest:
    """Of one team's results in the order received."""
    history = _history(running_best((result.public_score for result in results), view.metric), view)
    return TeamBest(best_result(results, view.step), len(results), history)


def _history(exact: Sequence[float], view: ScoreView) -> tuple[float, ...]:
    """A running best as shown. It has few different values, each of which is rounded once.

    Everybody who sees the board sees it, so that it must not tell a bad submission from one that equals the best.
    """
    shown = {value: round_to_step(value, view.step) for value in set(exact)}
    return tuple(shown[value] for value in exact)


def _ranked_rows(bests: list[TeamBest], reader: _Reader) -> list[BoardRow]:
    rows = [_ranked_row(best, reader) for best in bests]
    rows.sort(key=lambda row: (-reader.view.metric.sign * row.score.value, row.improved_at, row.number))
    taken = places([row.score.value for row in rows])
    return [replace(row, place=place) for row, place in zip(rows, taken, strict=True)]


def _ranked_row(best: TeamBest, reader: _Reader) -> BoardRow:
    row = _submission_row(best.result, reader, entries=best.entries)
    return replace(row, improved_at=best.result.submission.received_at, history=best.history)


def _submission_row(result: Result, reader: _Reader, *, entries: int, name: str = "") -> BoardRow:
    submission = result.submission
    score, base = reader.view.ranking(result), reader.base_of(result)
    is_own = submission.team_id == reader.team_id
    return BoardRow(
        place=None,
        name=name or submission.team.name,
        team_id=submission.team_id,
        submission_id=submission.pk if is_own or reader.organizes else None,
        number=submission.number,
        method=submission.method,
        base_model=result.job.base_model.slug,
        score=score,
        base_score=base,
        gain=reader.view.gain(score, base),
        compute_seconds=result.job.compute_seconds,
        entries=entries,
        improved_at=None,
        is_own=is_own,
    )


def _unranked_rows(phase: Phase, reader: _Reader) -> list[BoardRow]:
    """Organizers' baselines, references and untrained models, best first."""
    baselines = Result.objects.baselines_in(phase).with_rows()
    if reader.view.cutoff is not None:
        baselines = baselines.filter(job__finished_at__lte=reader.view.cutoff)
    rows = [_submission_row(result, reader, entries=1, name=_baseline_name(result)) for result in baselines]
    references = Reference.objects.filter(data=phase.data_id, metric=phase.challenge.primary_metric)
    rows += [_plain_row(reference.name, reader.view.ranking(reference)) for reference in references]
    for base in reader.base_scores.values():
        slug = base.job.base_model.slug
        name = _("%(model)s, untrained") % {"model": slug}
        rows.append(_plain_row(name, reader.view.ranking(base), slug, base.job.compute_seconds))
    return sorted(rows, key=lambda row: (-reader.view.metric.sign * row.score.value, row.name))


def reference_scores(phase: Phase, viewer: Viewer) -> list[BoardRow]:
    """What there is to beat: the board's unranked rows. For a viewer who may know of the phase."""
    organizes = is_organizer(viewer, phase.challenge.hackathon)
    view = score_view(phase, organizes=organizes)
    return _unranked_rows(phase, _Reader(view, organizes, None, _base_scores(phase)))


def _baseline_name(result: Result) -> str:
    return result.submission.note or _("Baseline")


def _plain_row(name: str, score: ShownScore, base_model: str = "", compute: float | None = None) -> BoardRow:
    return BoardRow(
        place=None,
        name=name,
        team_id=None,
        submission_id=None,
        number=None,
        method="",
        base_model=base_model,
        score=score,
        base_score=None,
        gain=None,
        compute_seconds=compute,
        entries=1,
        improved_at=None,
    )


def _base_scores(phase: Phase) -> dict[UUID, Result]:
    found: dict[UUID, Result] = {}
    for result in Result.objects.base_scores_for(phase).select_related("job__base_model").lean():
        found.setdefault(result.job.base_model_id, result)
    return found


def _warnings(phase: Phase) -> list[str]:
    data = phase.data
    if data.public_count >= ENOUGH_PUBLIC and data.private_count >= ENOUGH_PRIVATE:
        return []
    message = _("The test set is small (%(public)d public, %(private)d private items): close scores may be luck.")
    return [message % {"public": data.public_count, "private": data.private_count}]


def _per_class_f1(result: Result, view: ScoreView) -> list[ClassF1]:
    """In the order of the data's labels: PostgreSQL keeps none of a JSON object's keys."""
    labels = {label: place for place, label in enumerate(result.job.data.dataset_manifest.labels)}
    exact = result.public_metrics["per_class_f1"].items()
    ordered = sorted(exact, key=lambda item: (labels.get(item[0], len(labels)), item[0]))
    return [ClassF1(label, view.shown(f1, 0.0).value) for label, f1 in ordered]


def submission_scores(submission: Submission, viewer: Viewer) -> SubmissionScores | None:
    """Scores of a submission's first replicate, for its team and the organizers; None until it is scored."""
    visible = submissions_visible_to(viewer).filter(pk=submission.pk).values("pk")
    result = (
        Result.objects.current()
        .filter(job__submission__in=visible, job__replicate=0)
        .select_related("job__data")
        .first()
    )
    if result is None:
        return None
    phase, spec = submission.phase, submission.phase.challenge.task_spec
    view = score_view(phase, organizes=False)
    base = _base_scores(phase).get(result.job.base_model_id)
    shown_base = None if base is None else view.ranking(base)
    exact = result.public_metrics
    posted = result.job.result or {}
    return SubmissionScores(
        metric=result.metric,
        public=view.public(result),
        private=view.private(result),
        base=shown_base,
        base_method=str(((base.job.result if base else None) or posted).get("base_method", "")),
        gain=view.gain(view.ranking(result), shown_base),
        dummy=view.shown(**exact["dummy"][result.metric]),
        dummy_method=answers_of(spec.output).dummy_method,
        metrics={
            name: view.shown_metric(name, **exact["metrics"][name], primary_se=result.public_se)
            for name in spec.metrics
            if name in exact["metrics"]  # a score of before the task had that metric
        },
        per_class_f1=_per_class_f1(result, view),
        validation=posted.get("validation", {}),
    )
