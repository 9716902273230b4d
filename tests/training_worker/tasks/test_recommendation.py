"""What is read of a user and an item: the other ratings alone, and answers within them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from training_worker.tasks.rated_before import NOTHING, PRIOR, RatedBefore

pytestmark = pytest.mark.torch

ROWS: list[dict[str, Any]] = [
    {"id": "1", "user": "a", "item": "x", "text": "Film x", "rating": 5},
    {"id": "2", "user": "a", "item": "y", "rating": 1},
    {"id": "3", "user": "a", "item": "z", "text": "Film z", "rating": 4},
    {"id": "4", "user": "b", "item": "x", "text": "Film x", "rating": 2},
]
MEAN = 3.0


def test_tastes_are_the_other_items_of_the_user() -> None:
    before = RatedBefore(ROWS)
    assert before.tastes({"user": "a", "item": "new"}) == "liked: Film x; Film z. disliked: y"
    assert before.tastes({"user": "a", "item": "x"}) == "liked: Film z. disliked: y", "not its own"
    assert before.tastes({"user": "b", "item": "new"}) == "rated alike: Film x"
    assert before.tastes({"user": "c", "item": "x"}) == NOTHING
    assert RatedBefore(()).tastes({"user": "a", "item": "x"}) == NOTHING


def test_offsets_leave_out_the_rating_that_is_asked_for() -> None:
    before = RatedBefore(ROWS)
    assert before.mean == MEAN
    assert before.offsets(ROWS[0]) == pytest.approx(((1 - MEAN + 4 - MEAN) / (2 + PRIOR), (2 - MEAN) / (1 + PRIOR)))
    changed = RatedBefore([ROWS[0] | {"rating": 1.0}, *ROWS[1:]])
    assert changed.tastes(ROWS[0]) == before.tastes(ROWS[0])
    assert changed.offsets(ROWS[0])[0] - before.offsets(ROWS[0])[0] == pytest.approx(2 * 1.0 / (2 + PRIOR)), (
        "by the mean of all alone"
    )
    assert before.offsets({"user": "c", "item": "new"}) == (0.0, 0.0)


def test_an_answer_is_within_the_training_ratings(tmp_path: Path) -> None:
    import torch

    from training_worker.tasks.base import Context
    from training_worker.tasks.recommendation import Recommendation

    task = Recommendation(Context(folder=tmp_path, labels=()), ROWS)
    found = task.decode([torch.tensor(value) for value in (-3.0, 2.5, 9.0)], split=None)  # type: ignore[arg-type]
    assert found.tolist() == [1.0, 2.5, 5.0]


def test_the_base_is_better_with_what_others_rated(run_job: Any, tiny_data_of: Any) -> None:
    """A model that has never heard of the user says what is usual; with the ratings it tells tastes apart."""
    import json

    result, output, _messages = run_job(None, task="recommendation")
    rows = [json.loads(line) for line in (tiny_data_of("recommendation") / "validation.jsonl").read_text().splitlines()]
    assert {row["rating"] for row in rows} == {2.0, 4.0}
    assert 0.0 < result.validation["rmse"] < 2.0
    values = [json.loads(line)["value"] for line in (output / "validation_predictions.jsonl").read_text().splitlines()]
    assert len({round(value, 3) for value in values}) > len(rows) / 2
