"""Ratings through the scorer, and the means of users and items that they are compared with."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.models import Result
from evaluation.scoring.labels import read_labels
from evaluation.scoring.rated import rated_values
from evaluation.scoring.references import score_reference
from evaluation.scoring.scorer import score_pending
from hackathon.files.storage import storage
from tests.evaluation.scored import hand_in, make_result
from tests.evaluation.scoring.tasks import change_task
from tests.factories import World, jsonl
from training_worker.metrics.ratings import Ratings

USERS, ITEMS = 12, 9


def rating(user: int, item: int) -> float:
    return 3.0 + 0.5 * (user % 3 - 1) + 0.5 * (item % 3 - 1)


def test_an_effect_of_each_user_and_item_is_found_and_a_new_one_is_usual() -> None:
    pairs = [(user, item) for user in range(USERS) for item in range(ITEMS) if (user * ITEMS + item) % 4]
    truth = Ratings(np.array([rating(*pair) for pair in pairs]), np.array([user for user, _item in pairs]))
    names = [[f"u{user}", f"i{item}"] for user, item in pairs]
    answers = rated_values(names, truth, [["u0", "i0"], ["u2", "i2"], ["new", "new"]], 0)
    assert answers.tolist() == pytest.approx([2.0, 4.0, 3.0], abs=0.25)
    assert rated_values(names[:1], Ratings(np.array([3.0]), np.array([0])), [["u1", "i1"]], 0).tolist() == [3.0]


def change_to_ratings(world: World) -> None:
    """Item i is of user i % 10; the first 30 items are public, so users are on both sides here."""
    change_task(
        world,
        "recommendation",
        labels=(),
        inputs=lambda i: {"user": f"u{i % 10}", "item": f"i{i // 10}"},
        target=lambda i: 1.0 + (i % 10 + i // 10) % 5,
    )
    name = f"{world.data.prefix}/test_labels.jsonl"
    rows = [{"id": f"item-{i}", "user": f"u{i % 10}", "rating": 1.0 + (i % 10 + i // 10) % 5} for i in range(100)]
    storage("labels").delete(name)
    with storage("labels").open(name, "wb") as file:
        file.write(jsonl(rows))


def test_users_are_the_groups_of_the_hidden_labels(world: World) -> None:
    change_to_ratings(world)
    labels = read_labels(world.data)
    assert labels.groups is not None
    assert labels.groups.tolist() == [i % 10 for i in range(100)]
    assert labels.truth.users.tolist() == labels.groups.tolist()


def test_ratings_are_scored_as_numbers_and_as_orders(world: World) -> None:
    change_to_ratings(world)
    result = make_result(world, team=world.team, public=0.0, rebuild=False)
    Result.objects.all().delete()
    right = {i: 1.0 + (i % 10 + i // 10) % 5 for i in range(100)}
    hand_in(result.job, jsonl({"id": f"item-{i}", "value": -value} for i, value in right.items()))
    assert score_pending() == 1
    scored = Result.objects.get()
    assert scored.metric == "rmse"
    public = scored.public_metrics["metrics"]
    assert public["rmse"]["value"] == pytest.approx(np.sqrt(np.mean([(2 * right[i]) ** 2 for i in range(30)])))
    assert 0.0 < public["ndcg_at_10"]["value"] < 0.9, "the wrong way round"
    assert public["ndcg_at_10"]["value"] < scored.public_metrics["dummy"]["ndcg_at_10"]["value"]


def test_the_reference_is_on_the_board(world: World) -> None:
    change_to_ratings(world)
    reference = score_reference(data=world.data)
    assert (reference.name, reference.metric) == ("mean ratings of user and item", "rmse")
    assert 0.0 < reference.public_score < 3.0
