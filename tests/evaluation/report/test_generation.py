"""How texts that a model wrote are shown: beside the reference, with what differs."""

from __future__ import annotations

from django.template.loader import render_to_string

from evaluation.report.examples import shown_example
from hackathon.presentation.shown import presentation_of
from tests.evaluation.report.made_up import example
from training_worker.contract.report import Example
from training_worker.contract.tasks import TASKS

SPEC = TASKS["translation"]
SEEN = {"source": "<b>Good</b> day"}


def page(one: Example, *, has_base: bool = True) -> str:
    shown = shown_example(one, SPEC, str, has_base)
    return " ".join(render_to_string(presentation_of(SPEC), {"example": shown}).split())


def test_differences_are_marked_by_elements_not_by_colour() -> None:
    html = page(example("val-1", "le chat dort", "le chien dort", "le chat dort", inputs=SEEN, error=0.25))
    assert "&lt;b&gt;Good&lt;/b&gt; day" in html
    assert '<dd dir="auto">le chat dort</dd>' in html
    assert "<del>chat</del><span> </span><ins>chien</ins>" in html.replace("</del> <ins>", "</del><span> </span><ins>")
    assert 'le chat dort<b class="up small"> = the reference</b>' in html
    assert "Error: 0.25" in html


def test_no_answer_is_said_and_markup_of_an_answer_stays_text() -> None:
    html = page(example("val-2", "un", "<script>", None, inputs=SEEN))
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert "no answer" in html


def test_long_texts_are_shown_whole_without_marks() -> None:
    long = "mot " * 500
    html = page(example("val-3", long, f"{long}fin", inputs=SEEN), has_base=False)
    assert "fin</dd>" in html
    assert "<ins>mot" not in html
