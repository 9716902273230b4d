"""Classic models to compare with: fitted by the scorer on a challenge's training texts, deterministic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from .metrics import FloatArray

TFIDF_NAME = "tf-idf + logistic regression"
TFIDF_DESCRIPTION = "Word unigrams and bigrams, sublinear tf-idf, logistic regression (C = 10) on the training set."


def tfidf_probabilities(
    texts: Sequence[str], labels: Sequence[int], test_texts: Sequence[str], *, classes: int
) -> FloatArray:
    """(m, k) probabilities of the test texts; a class without a training text gets 0. Needs at least two classes."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"),  # noqa: S106 no password
        LogisticRegression(C=10.0, max_iter=1000),
    )
    model.fit(texts, labels)
    probabilities = np.zeros((len(test_texts), classes))
    probabilities[:, model.classes_] = model.predict_proba(test_texts)
    return probabilities
