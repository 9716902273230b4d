"""`boxes`: boxes of the objects in an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.labels import shown_label
from hackathon.bundles.rows import Row
from hackathon.presentation.answer import ShownAnswer
from hackathon.presentation.overlay import box_overlay, boxes_of, size_of
from training_worker.contract.base import JSON
from training_worker.contract.report import ExampleKind
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.pictures import MOST_BOXES

from .base import AnswerKind, LabelWords, RowProblem, line_size

NUMBERS = len('"score": 0.1234, "bbox": [-123456.78, -123456.78, 123456.78, 123456.78], ')
ROUNDING = 0.01
"""Pixels that a box may lie outside of its image: annotations are rounded."""


class BoxesAnswer(AnswerKind):
    python_type = list
    least_labels = 0

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        hidden = {row.id: size_of(row.values) for row in test}
        known = set(labels)

        def problem(row: Row, is_secret: bool) -> str:
            width, height = hidden.get(row.id, (0, 0)) if is_secret else size_of(row.values)
            for number, one in enumerate(row.values[task.target.name], start=1):
                x, y, wide, high = one["bbox"]
                if wide <= 0 or high <= 0:
                    return _("Box %(number)d has no area: its width and height must be above 0.") % {"number": number}
                is_inside = min(x, y) >= -ROUNDING and x + wide <= width + ROUNDING and y + high <= height + ROUNDING
                if width and not is_inside:
                    return _("Box %(number)d lies outside of its image.") % {"number": number}
                if one["label"] not in known:
                    return _unknown(number, one["label"], is_secret)
            return ""

        return problem

    def train_problem(self, task: TaskSpec, train: Sequence[Row]) -> str:
        known = [row.values[task.target.name] for row in train if task.target.name in row.values]
        return _("No image has an object: there is nothing to learn.") if known and not any(known) else ""

    def names_in(self, target: Any) -> Sequence[str]:
        return [one["label"] for one in target]

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        longest = max((line_size({"label": label}) for label in labels), default=0)
        return line_size({"id": row.id, "boxes": []}) + MOST_BOXES * (longest + NUMBERS)

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """The labels that it has."""
        return ["\x1f".join(sorted(set(self.names_in(target)))) for target in targets]

    @property
    def truth_name(self) -> str:
        return _("True boxes")

    @property
    def dummy_method(self) -> str:
        return _("nothing found")

    @property
    def label_words(self) -> LabelWords:
        return LabelWords(_("Share of objects by label (%)"), _("label"))

    def hint(self, kind: ExampleKind) -> str:
        if kind is ExampleKind.LARGEST_ERROR:
            return _("Images with the largest share of wrong and missed boxes.")
        if kind is ExampleKind.SMALLEST_ERROR:
            return _("Images whose boxes are all right, those with most objects first.")
        return super().hint(kind)

    def error_text(self, error: float) -> str:
        return _("%(percent).0f %% of the boxes") % {"percent": 100 * error}

    def text(self, value: JSON) -> str:
        counts = Counter(box.label for box in boxes_of(value))
        if value is None or not counts:
            return "" if value is None else _("nothing found")
        return ", ".join(f"{count} × {label}" for label, count in counts.items())

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        return None if value is not None else False

    def filters_of(self, value: JSON) -> frozenset[str]:
        """The labels; "" for no answer."""
        return frozenset({""}) if value is None else frozenset(box.label for box in boxes_of(value))

    def shown(
        self,
        name: str,
        value: JSON,
        *,
        other: JSON,
        inputs: Mapping[str, JSON],
        task: TaskSpec,
        is_right: bool | None = None,
        probability: float | None = None,
    ) -> ShownAnswer:
        size = size_of(inputs)
        overlay = box_overlay(size, value, other) if value is not None and size[0] else None
        return ShownAnswer(name=name, text=self.text(value), is_right=is_right, overlay=overlay)


def _unknown(number: int, label: str, is_secret: bool) -> str:
    if is_secret:
        return _("The label of box %(number)d is none of the challenge's labels.") % {"number": number}
    message = _("The label “%(label)s” of box %(number)d is none of the challenge's labels.")
    return message % {"number": number, "label": shown_label(label)}
