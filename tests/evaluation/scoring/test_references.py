"""Classic models: what they answer, and for which tasks there is one."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from evaluation.models import Reference
from evaluation.scoring.references import score_reference
from evaluation.scoring.tfidf import classic_model, tfidf_label_sets, tfidf_probabilities, tfidf_values
from hackathon.errors import Conflict
from tests.evaluation.scoring.tasks import change_to_regression, change_to_tags
from tests.factories import World
from training_worker.contract.tasks import TASKS


def test_only_tasks_of_texts_with_classes_labels_or_numbers_have_one() -> None:
    names = {task: model.name for task, spec in TASKS.items() if (model := classic_model(spec))}
    assert names == {
        "text-classification": "tf-idf + logistic regression",
        "multi-label-classification": "tf-idf + logistic regression of each label",
        "text-regression": "tf-idf + ridge regression",
        "sentence-similarity": "tf-idf + ridge regression",
        "tabular-classification": "gradient boosting",
        "tabular-regression": "gradient boosting",
        "recommendation": "mean ratings of user and item",
    }


def test_probabilities_are_by_the_words_and_0_for_an_unseen_class() -> None:
    probabilities = tfidf_probabilities(["good", "good good", "bad"], np.array([0, 0, 2]), ["good", "bad"], 3)
    assert probabilities.argmax(axis=1).tolist() == [0, 2]
    assert probabilities[:, 1].tolist() == [0.0, 0.0]
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(2))


def test_each_label_is_by_the_words_and_one_that_all_or_no_texts_have_by_that() -> None:
    truth = np.array([[1, 0, 1], [1, 0, 1], [0, 0, 1]], dtype=bool)
    good, bad = tfidf_label_sets(["good", "good good", "bad"], truth, ["good", "bad"], 3)
    assert good[0] > 0.5 > bad[0]
    assert good[1:].tolist() == bad[1:].tolist() == [0.0, 1.0]


def test_values_are_by_the_words() -> None:
    good, bad = tfidf_values(["good", "good good", "bad"], np.array([5.0, 5.0, 1.0]), ["good", "bad"], 0)
    assert 1.0 < bad < 3.0 < good < 5.0


def test_a_regression_is_compared_with_ridge(world: World) -> None:
    change_to_regression(world)
    reference = score_reference(data=world.data)
    assert (reference.name, reference.metric) == ("tf-idf + ridge regression", "mse")
    assert 0 < reference.public_score < 1.5  # less than the mean's 2.0: the words do tell
    assert reference.public_se > 0
    assert score_reference(data=world.data) == reference


def test_a_task_without_one_says_so(world: World) -> None:
    change_to_tags(world)
    with pytest.raises(Conflict) as caught:
        score_reference(data=world.data)
    assert caught.value.code == "no_reference"
    with pytest.raises(CommandError, match=r"no classic model.*Submit a baseline"):
        call_command("score_reference", world.challenge.slug)
    assert not Reference.objects.exists()
