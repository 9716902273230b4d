"""Scores to compare with that no team made. Runs where labels may be read: the command line or the scorer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from django.db import transaction

from evaluation.models import Reference
from hackathon.files.storage import storage
from hackathon.models import ChallengeData

from .labels import read_labels
from .predictions import predicted_classes
from .score_sheet import score_answers
from .tfidf import TFIDF_DESCRIPTION, TFIDF_NAME, tfidf_probabilities


def score_reference(*, data: ChallengeData) -> Reference:
    """Score tf-idf with logistic regression on a data version; done once per version and metric, then returned."""
    metric = data.challenge.primary_metric
    existing = Reference.objects.filter(data=data, name=TFIDF_NAME, metric=metric).first()
    if existing is not None:
        return existing
    labels = read_labels(data)
    train, test = _read_jsonl(data, "train.jsonl"), {row["id"]: _text(row) for row in _read_jsonl(data, "test.jsonl")}
    probabilities = tfidf_probabilities(
        [_text(row) for row in train],
        [labels.label_names.index(row["label"]) for row in train],
        [test[item] for item in labels.ids],
        classes=labels.classes,
    )
    sheet = score_answers(labels, np.array(predicted_classes(probabilities.tolist()), dtype=np.intp))
    public, private = sheet.public.metrics[metric], sheet.private.metrics[metric]
    with transaction.atomic():
        reference, _created = Reference.objects.update_or_create(
            data=data,
            name=TFIDF_NAME,
            defaults={
                "description": TFIDF_DESCRIPTION,
                "metric": metric,
                "public_score": public.value,
                "public_se": public.se,
                "private_score": private.value,
                "private_se": private.se,
            },
        )
    return reference


def _read_jsonl(data: ChallengeData, name: str) -> list[dict[str, Any]]:
    with storage("datasets").open(f"{data.prefix}/{name}", "rb") as file:
        content: bytes = file.read()
    return [json.loads(line) for line in content.split(b"\n") if line.strip()]


def _text(row: dict[str, Any]) -> str:
    return " ".join(part for part in (row["text"], row.get("text_pair")) if part)
