"""Classic models to compare with: fitted by the scorer on a challenge's training texts, deterministic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import OutputKind
from training_worker.metrics.base import FloatArray, IntArray

from .rated import rated_values
from .tables import boosted_probabilities, boosted_values


@dataclass(frozen=True)
class ClassicModel:
    """`answer` fits on training inputs and their targets and answers the test inputs: all texts of a row in one, its
    record, or its names. Its last argument is the number of labels."""

    name: str
    description: str
    answer: Callable[[Sequence[Any], Any, Sequence[Any], int], FloatArray]


def classic_model(spec: TaskSpec) -> ClassicModel | None:
    """The model for a task, None where there is none: for other inputs than names, texts and rows of a table, and for
    other answers than classes and numbers."""
    if spec.output == "rating":
        return MEANS
    if any(column.kind == "record" for column in spec.inputs):
        return TABLE_MODELS.get(spec.output)
    has_texts = all(column.kind == "string" for column in spec.inputs)
    return MODELS.get(spec.output) if has_texts else None


def tfidf_probabilities(texts: Sequence[str], targets: IntArray, test_texts: Sequence[str], classes: int) -> FloatArray:
    """(m, k) probabilities of the test texts; a class without a training text gets 0. Needs at least two classes."""
    model = make_pipeline(_vectorizer(), LogisticRegression(C=10.0, max_iter=1000))
    model.fit(texts, targets)
    probabilities = np.zeros((len(test_texts), classes))
    probabilities[:, model.classes_] = model.predict_proba(test_texts)
    return probabilities


def tfidf_label_sets(texts: Sequence[str], targets: Any, test_texts: Sequence[str], labels: int) -> FloatArray:
    """(m, k) probabilities of each label by itself; a label that no or every training text has gets 0 or 1."""
    vectorizer = _vectorizer()
    train, test = vectorizer.fit_transform(texts), vectorizer.transform(test_texts)
    probabilities = np.tile(targets.mean(axis=0), (len(test_texts), 1))
    for label in range(labels):
        if 0 < targets[:, label].sum() < len(targets):
            model = LogisticRegression(C=10.0, max_iter=1000).fit(train, targets[:, label])
            probabilities[:, label] = model.predict_proba(test)[:, 1]
    return probabilities


def tfidf_values(texts: Sequence[str], targets: FloatArray, test_texts: Sequence[str], _labels: int) -> FloatArray:
    """(m,) numbers for the test texts."""
    values: FloatArray = make_pipeline(_vectorizer(), Ridge(alpha=1.0)).fit(texts, targets).predict(test_texts)
    return values


def _vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")  # noqa: S106 no password


MODELS: dict[OutputKind, ClassicModel] = {
    "class": ClassicModel(
        name="tf-idf + logistic regression",
        description="Word unigrams and bigrams, sublinear tf-idf, logistic regression (C = 10) on the training set.",
        answer=tfidf_probabilities,
    ),
    "labels": ClassicModel(
        name="tf-idf + logistic regression of each label",
        description="Word unigrams and bigrams, sublinear tf-idf, for each label a logistic regression (C = 10) on the "
        "training set.",
        answer=tfidf_label_sets,
    ),
    "number": ClassicModel(
        name="tf-idf + ridge regression",
        description="Word unigrams and bigrams, sublinear tf-idf, ridge regression (alpha = 1) on the training set.",
        answer=tfidf_values,
    ),
}
MEANS = ClassicModel(
    name="mean ratings of user and item",
    description="Ridge regression (its alpha chosen on every fifth row) on which user and which item it is; a new one "
    "counts as the mean.",
    answer=rated_values,
)
TABLE_MODELS: dict[OutputKind, ClassicModel] = {
    "class": ClassicModel(
        name="gradient boosting",
        description="Histogram gradient boosting (scikit-learn's defaults) on the columns of the training table.",
        answer=boosted_probabilities,
    ),
    "number": ClassicModel(
        name="gradient boosting",
        description="Histogram gradient boosting (scikit-learn's defaults) on the columns of the training table.",
        answer=boosted_values,
    ),
}
