"""Examples of sounds in the report on a submission's page."""

from __future__ import annotations

import pytest

from tests.evaluation.report.made_up import class_report, example, group
from tests.evaluation.report.validated import set_task, validated
from tests.factories import World
from tests.pages import html, page
from training_worker.contract.report import ExampleKind, MetricRow, ValidationReport

pytestmark = pytest.mark.django_db


def test_a_sound_is_played_beside_both_answers(world: World) -> None:
    set_task(world, "audio-classification")
    one = example("val-2", "cat", "dog", "cat", inputs={"audio": "7.flac"}, confidence=0.8, target_confidence=0.1)
    submission = validated(world, class_report(groups=(group(ExampleKind.ERROR, one),)))
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    address = f"/c/{world.challenge.slug}/data/{world.data.version}/files/7.flac"
    assert f'<audio controls preload="none" src="{address}" aria-label="Sound of item val-2"' in text
    assert "True label" in text
    assert "0.800" in text


def test_what_was_heard_is_compared_with_the_reference(world: World) -> None:
    set_task(world, "automatic-speech-recognition")
    one = example("val-2", "three one four", "three won four", None, inputs={"audio": "7.wav"}, error=1 / 3)
    report = ValidationReport(
        items=1,
        metrics=(MetricRow(name="wer", value=0.3333, se=0.1, base=1.0),),
        groups=(group(ExampleKind.LARGEST_ERROR, one),),
    )
    text = html(page(world, "captain", f"/s/{validated(world, report).pk}/"))
    assert 'src="' + f"/c/{world.challenge.slug}/data/{world.data.version}/files/7.wav" in text
    assert "<del>one</del>" in text
    assert "<ins>won</ins>" in text
    assert "no answer" in text


@pytest.mark.parametrize("name", ["../secret.wav", "7.exe", "7.wav\n", "a/b.wav"])
def test_a_report_names_no_other_file(world: World, name: str) -> None:
    set_task(world, "audio-classification")
    one = example("val-2", "cat", "dog", "cat", inputs={"audio": name}, confidence=0.8, target_confidence=0.1)
    submission = validated(world, class_report(groups=(group(ExampleKind.ERROR, one),)))
    assert "<audio" not in html(page(world, "captain", f"/s/{submission.pk}/"))
