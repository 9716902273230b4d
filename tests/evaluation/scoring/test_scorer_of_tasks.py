"""The scorer on tasks whose answers are not classes, and what pages show of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error

from evaluation.models import Result
from evaluation.scoring.labels import LabelsUnreadable, read_labels
from evaluation.scoring.scorer import score_pending
from evaluation.selectors import submission_scores
from hackathon.files.storage import storage
from submissions.enums import JobState
from submissions.models import Job
from tests.evaluation.scored import hand_in, make_result, reserved_team
from tests.evaluation.scoring.tasks import change_to_regression, change_to_tags, right_tags
from tests.factories import World, jsonl
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import JobKind

ITEMS = range(100)


def run_on_new_data(world: World) -> Job:
    """A run of the team on the data that the world has now, without a score."""
    result = make_result(world, team=world.team, public=0.0, rebuild=False)
    Result.objects.all().delete()
    return result.job


def answer_values(world: World, values: dict[int, float | None]) -> Result:
    """Score answers to a regression: the right value, or that of `values`."""
    change_to_regression(world)
    job = run_on_new_data(world)
    hand_in(job, jsonl({"id": f"item-{i}", "value": values.get(i, i % 5)} for i in ITEMS))
    assert score_pending() == 1
    return Result.objects.get()


def test_numbers_are_scored_by_every_metric_of_the_task(world: World) -> None:
    result = answer_values(world, {0: 3.0, 40: 1.0, 41: None})
    assert result.metric == "mse"
    assert result.public_score == pytest.approx(9 / 30)
    assert result.private_score == pytest.approx((1 + 9) / 70)  # nothing in place of 1 counts as 4
    assert result.dummy_score == pytest.approx(2.0)  # the variance of 0 … 4
    assert tuple(sorted(result.public_metrics["metrics"])) == tuple(sorted(TASKS["text-regression"].metrics))
    assert result.public_metrics["dummy"]["r2"]["value"] == pytest.approx(0.0)
    assert result.public_metrics["per_class_f1"] == {}


def test_items_of_a_regression_are_its_answers(world: World) -> None:
    result = answer_values(world, {0: 3.0, 41: None})
    with storage("labels").open(result.items_key, "rb") as file, np.load(file, allow_pickle=False) as items:
        assert items["value"][[0, 1]].tolist() == [3.0, 1.0]
        assert np.isnan(items["value"]).nonzero()[0].tolist() == [41]


def test_page_of_a_regression_shows_its_metrics_and_its_dummy(world: World) -> None:
    result = answer_values(world, {0: 3.0})
    scores = submission_scores(result.submission, world.captain)
    assert scores is not None
    assert tuple(scores.metrics) == TASKS["text-regression"].metrics
    assert (scores.public.value, scores.dummy.value, scores.dummy_method) == (0.3, 2.0, "mean")
    assert scores.per_class_f1 == []


def test_numbers_that_are_not_finite_are_invalid(world: World) -> None:
    change_to_regression(world)
    job = hand_in(run_on_new_data(world), jsonl({"id": f"item-{i}", "value": float("inf")} for i in ITEMS))
    assert score_pending() == 0
    job.refresh_from_db()
    assert (job.state, job.failure_code) == (JobState.FAILED, "invalid_result")


def answer_tags(world: World, answers: dict[int, list[str]]) -> Result:
    """Score answers to a tagging task: the right tags, or those of `answers`."""
    change_to_tags(world)
    job = run_on_new_data(world)
    hand_in(job, jsonl({"id": f"item-{i}", "tags": answers.get(i, right_tags(i))} for i in ITEMS))
    assert score_pending() == 1
    return Result.objects.get()


def test_tags_are_scored_by_entity(world: World) -> None:
    result = answer_tags(world, {0: ["B-PER", "O", "O", "B-LOC"], 1: []})
    assert result.metric == "entity_f1"
    entities = 30 + 15
    tp, fp, fn = entities - 2, 1 + 4, 2
    assert result.public_score == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert result.private_score == 1.0
    assert result.dummy_score == 0.0  # every word is O
    assert result.public_metrics["metrics"]["token_accuracy"]["value"] == pytest.approx(1 - 5 / 120)
    assert result.public_metrics["per_class_f1"]["LOC"] == 1.0
    with storage("labels").open(result.items_key, "rb") as file, np.load(file, allow_pickle=False) as items:
        assert items["counts"][[0, 1]].tolist() == [[1, 1, 1, 3, 4], [0, 4, 1, 0, 4]]


def test_tags_of_another_length_are_invalid(world: World) -> None:
    change_to_tags(world)
    job = hand_in(run_on_new_data(world), jsonl({"id": f"item-{i}", "tags": ["O"]} for i in ITEMS))
    assert score_pending() == 0
    job.refresh_from_db()
    assert (job.state, job.failure_code) == (JobState.FAILED, "invalid_result")


def test_labels_are_read_in_the_shape_of_the_task(world: World) -> None:
    change_to_regression(world)
    labels = read_labels(world.data)
    assert labels.truth.tolist() == [i % 5 for i in ITEMS]
    with pytest.raises(ValueError, match="read-only"):
        labels.truth[0] = 1.0


def test_labels_that_are_none_are_unreadable_and_not_repeated(world: World) -> None:
    change_to_regression(world)
    name = f"{world.data.prefix}/test_labels.jsonl"
    storage("labels").delete(name)
    with storage("labels").open(name, "wb") as file:
        file.write("".join(json.dumps({"id": f"item-{i}", "label": "canary"}) + "\n" for i in ITEMS).encode())
    with pytest.raises(LabelsUnreadable) as caught:
        read_labels(world.data)
    assert "100 values" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_baseline_of_a_regression_is_scored_but_not_ranked(world: World) -> None:
    change_to_regression(world)
    result = make_result(world, team=reserved_team(world), public=0.0, kind=JobKind.BASELINE, rebuild=False)
    Result.objects.all().delete()
    hand_in(result.job, jsonl({"id": f"item-{i}", "value": 2.0} for i in ITEMS))
    assert score_pending() == 1
    expected = mean_squared_error([i % 5 for i in range(30)], [2.0] * 30)
    assert Result.objects.get().public_score == pytest.approx(expected)
