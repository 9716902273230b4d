"""Examples of images in the report on a submission's page."""

from __future__ import annotations

import pytest

from tests.evaluation.report.made_up import class_report, example, group
from tests.evaluation.report.validated import set_task, validated
from tests.factories import World
from tests.pages import html, page
from training_worker.contract.report import ExampleKind

pytestmark = pytest.mark.django_db


def test_an_image_is_shown_with_both_answers(world: World) -> None:
    set_task(world, "image-classification")
    one = example("val-2", "cat", "dog", "cat", inputs={"image": "7.png"}, confidence=0.8, target_confidence=0.1)
    report = class_report(groups=(group(ExampleKind.ERROR, one),))
    submission = validated(world, report)
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    address = f"/c/{world.challenge.slug}/data/{world.data.version}/files/7.png"
    assert f'<img class="picture" src="{address}" alt="Image of item val-2"' in text
    assert "True label" in text
    assert "Prediction" in text
    assert "0.800" in text
