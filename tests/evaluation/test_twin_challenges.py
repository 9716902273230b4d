"""Two challenges of one event on the same data: each has a base score of its own, and so its gain."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evaluation.selectors import leaderboard, submission_scores
from hackathon.models import Challenge, Hackathon, Phase
from hackathon.services.import_challenge import import_challenge
from submissions.models import Job, Submission
from submissions.services.submit import submit_config
from tests.evaluation.scored import hand_in
from tests.factories import CONFIG, BaseModelFactory, World, jsonl
from tests.hackathon.bundles.test_import import EXAMPLE, lines
from training_worker.contract.wire import JobKind

pytestmark = pytest.mark.django_db


def import_twins(tmp_path: Path, hackathon: Hackathon) -> list[Phase]:
    """The example, and the same data under another slug, ranked by another metric."""
    BaseModelFactory(slug="all-minilm-l6-v2")
    twin = Path(shutil.copytree(EXAMPLE, tmp_path / "twin"))
    yaml = twin / "challenge.yaml"
    text = yaml.read_text().replace("slug: film-critics-example", "slug: twin")
    yaml.write_text(text.replace("primary_metric: accuracy", "primary_metric: f1_macro"))
    done = [import_challenge(folder=folder, hackathon=hackathon, publish=True) for folder in (EXAMPLE, twin)]
    assert len({one.data.sha256 for one in done}) == 1
    assert Challenge.objects.filter(limits=done[0].challenge.limits).count() == 2
    return [one.data.phase_set.get() for one in done]


def score(job: Job) -> None:
    """As if its node had answered 0.9 for the right label of every item but one of five; a base score: of none.

    Which items are public is chance, which must not decide whether the run is better.
    """
    from evaluation.scoring.scorer import score_pending

    rows = lines("labels", f"{job.data.prefix}/test_labels.jsonl")
    right = {row["id"]: [0.1, 0.9] if row["label"] == "positive" else [0.9, 0.1] for row in rows}
    wrong = set(list(right)[:: 5 if job.kind == JobKind.RUN else 1])
    answers = [{"id": item, "probabilities": row[::-1] if item in wrong else row} for item, row in right.items()]
    hand_in(job, jsonl(answers))
    assert score_pending() == 1


def test_both_twins_show_the_base_score_and_the_gain(world: World, tmp_path: Path) -> None:
    phases = import_twins(tmp_path, world.hackathon)
    config = CONFIG | {"base_model": "all-minilm-l6-v2"}
    for _twice in range(2):
        for phase in phases:
            submit_config(author=world.captain, team=world.team, phase=phase, config=config)
    jobs = list(Job.objects.filter(phase__in=phases))
    assert sorted((job.kind, job.data.challenge.slug) for job in jobs) == [
        ("base_score", "film-critics-example"),
        ("base_score", "twin"),
        ("run", "film-critics-example"),
        ("run", "twin"),
    ]
    for job in jobs:
        score(job)
    for phase in phases:
        (row,) = leaderboard(phase, world.captain).rows
        assert row.base_score is not None
        assert row.gain is not None
        assert row.gain > 0
        scores = submission_scores(Submission.objects.get(phase=phase), world.captain)
        assert scores is not None
        assert (scores.gain, scores.metric) == (row.gain, phase.challenge.primary_metric)
