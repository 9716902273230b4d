"""A world of another task than text classification: its data version, with labels in the label store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile

from hackathon.files.storage import storage
from hackathon.models import Challenge
from tests.factories import ChallengeDataFactory, World, jsonl
from training_worker.contract.tasks import TASKS

Row = Callable[[int], dict[str, Any]]


def change_task(world: World, task: str, *, labels: tuple[str, ...], inputs: Row, target: Callable[[int], Any]) -> None:
    """Let the world's phase have data of that task: 20 training items, 100 test items "item-<i>", 30 of them public."""
    spec = TASKS[task]
    Challenge.objects.filter(pk=world.challenge.pk).update(task=task, primary_metric=spec.metrics[0])
    data = ChallengeDataFactory(challenge=world.challenge)
    data.manifest |= {"task": task, "labels": list(labels)}
    ids = [f"item-{i}" for i in range(100)]
    train = [{"id": f"train-{i}", **inputs(i), spec.target.name: target(i)} for i in range(20)]
    for name, rows in {
        "train.jsonl": train,
        "test.jsonl": [{"id": id_} | inputs(i) for i, id_ in enumerate(ids)],
    }.items():
        body = jsonl(rows)
        storage("datasets").save(f"{data.prefix}/{name}", ContentFile(body))
        data.files = [*data.files, {"name": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}]
    data.save()
    truth = [{"id": id_, spec.target.name: target(i)} for i, id_ in enumerate(ids)]
    storage("labels").save(f"{data.prefix}/test_labels.jsonl", ContentFile(jsonl(truth)))
    split = {"public": ids[:30], "private": ids[30:]}
    storage("labels").save(f"{data.prefix}/split.json", ContentFile(json.dumps(split).encode()))
    world.phase.data = data
    world.phase.save()
    world.data = data
    world.challenge.refresh_from_db()


def change_to_regression(world: World) -> None:
    """Item i says how good it is; its label is i % 5."""
    change_task(
        world,
        "text-regression",
        labels=(),
        inputs=lambda i: {"text": f"worth {'star ' * (i % 5)}in word{i}"},
        target=lambda i: i % 5,
    )


def change_to_tags(world: World) -> None:
    """Item i has a person, and where i is even a place."""
    change_task(
        world,
        "token-classification",
        labels=("O", "B-PER", "I-PER", "B-LOC"),
        inputs=lambda i: {"tokens": ["Ada", "Lovelace", "in", "London"]},
        target=right_tags,
    )


def right_tags(i: int) -> list[str]:
    return ["B-PER", "I-PER", "O", "B-LOC" if i % 2 == 0 else "O"]
