"""Every kind of presentation has its template, and examples are shaped for it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from django.template.loader import get_template

from evaluation.report.examples import shown_group
from hackathon.presentation.spans import Span, segments, spans
from tests.evaluation.report.made_up import TAGS, WORDS, example, group
from training_worker.contract.report import ExampleKind
from training_worker.contract.tasks import TASKS, Column
from training_worker.contract.tasks.spec import TaskSpec

FOLDER = Path(__file__).parents[3] / "hackathon" / "templates" / "hackathon" / "presentation"


def test_every_presentation_of_a_task_has_its_template_and_no_template_is_unused() -> None:
    kinds = {spec.presentation for spec in TASKS.values()}
    assert kinds <= set(get_args(TaskSpec.model_fields["presentation"].annotation))
    assert {path.name for path in FOLDER.iterdir()} == {f"_{kind}.html" for kind in kinds}
    for kind in kinds:
        get_template(f"hackathon/presentation/_{kind}.html")


@pytest.mark.parametrize("kind", ExampleKind)
@pytest.mark.parametrize("task", TASKS)
def test_every_kind_of_example_has_a_heading_and_a_hint(kind: ExampleKind, task: str) -> None:
    shown = shown_group(group(kind), spec=TASKS[task], file_url=str, has_base=True)
    assert shown.title
    assert shown.hint


def test_an_input_that_names_a_file_has_its_address() -> None:
    image = Column(name="image", kind="image")
    spec = TASKS["text-classification"].model_copy(update={"inputs": (image,)})
    one = example("val-0", "cat", "dog", inputs={"image": "7.png"})
    found = shown_group(group(ExampleKind.UNCERTAIN, one), spec=spec, file_url="/data/{}".format, has_base=False)
    (shown,) = found.examples[0].inputs
    assert (shown.name, shown.text, shown.url) == ("image", "7.png", "/data/7.png")
    assert [answer.name for answer in found.examples[0].answers] == ["True label", "Prediction"]


def test_optional_inputs_are_shown_where_they_are() -> None:
    one = example("val-0", "cat", "dog", inputs={"text": "a", "text_pair": ""})
    spec = TASKS["text-classification"]
    found = shown_group(group(ExampleKind.UNCERTAIN, one), spec=spec, file_url=str, has_base=False)
    assert [shown.name for shown in found.examples[0].inputs] == ["text"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], []),
        (["O", "O"], [Span(0, 2, "")]),
        (["B-a", "I-a", "I-a"], [Span(0, 3, "a")]),
        (["B-a", "B-a"], [Span(0, 1, "a"), Span(1, 2, "a")]),
        (["B-a", "I-b"], [Span(0, 1, "a"), Span(1, 2, "b")]),
        (["O", "I-a", "O"], [Span(0, 1, ""), Span(1, 2, "a"), Span(2, 3, "")]),
        (["B-a-b", "I-a-b"], [Span(0, 2, "a-b")]),
        (["NOUN", "NOUN", "VERB"], [Span(0, 1, "NOUN"), Span(1, 2, "NOUN"), Span(2, 3, "VERB")]),
    ],
)
def test_spans_by_hand(tags: list[str], expected: list[Span]) -> None:
    assert spans(tags) == expected


def test_an_answer_that_is_too_short_or_too_long_keeps_the_words() -> None:
    for answer in (TAGS[:2], [*TAGS, "B-x"], ["O"]):
        assert " ".join(part.text for part in segments(WORDS, answer, other=TAGS)) == " ".join(WORDS)
    assert segments(WORDS, None, other=TAGS) == ()
