"""Entities are marked in the text, wherever they are."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.torch


def test_both_entities_are_marked_in_any_order() -> None:
    from training_worker.tasks.relation_extraction import marked

    ada, oslo = {"start": 0, "end": 3}, {"start": 7, "end": 11}
    assert marked("Ada in Oslo", ada, oslo) == "[E1] Ada [/E1] in [E2] Oslo [/E2]"
    assert marked("Ada in Oslo", oslo, ada) == "[E2] Ada [/E2] in [E1] Oslo [/E1]"
    assert marked("AdaOslo", {"start": 0, "end": 3}, {"start": 3, "end": 7}) == "[E1] Ada [/E1][E2] Oslo [/E2]"


def test_the_model_reads_the_marked_text(tiny_model: Path) -> None:
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    task = load_task("relation-extraction")(Context(tiny_model, ("a", "b")))
    row = {"id": "1", "text": "good film", "head": {"start": 5, "end": 9}, "tail": {"start": 0, "end": 4}}
    split = task.encode([row], "test", 40)
    assert split.tokens.ids[0] == task.processor("[E2] good [/E2] [E1] film [/E1]")["input_ids"]
    assert len(split.tokens.ids[0]) > len(task.processor("good film")["input_ids"])
    assert row["text"] == "good film"
