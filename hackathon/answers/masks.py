"""`mask`: one of the data's labels for each pixel of an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.labels import shown_label
from hackathon.bundles.rows import Row
from hackathon.presentation.answer import ShownAnswer
from hackathon.presentation.overlay import mask_overlay, size_of
from training_worker.contract.base import JSON
from training_worker.contract.report import ExampleKind
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.pictures import MOST_RUNS

from .base import AnswerKind, LabelWords, RowProblem, line_size

SIZE = len('"size": [12345, 12345], "counts": [], "labels": []')


class MaskAnswer(AnswerKind):
    python_type = dict

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        hidden = {row.id: size_of(row.values) for row in test}
        known = set(labels)

        def problem(row: Row, is_secret: bool) -> str:
            mask = row.values[task.target.name]
            width, height = hidden.get(row.id, (0, 0)) if is_secret else size_of(row.values)
            if width and mask["size"] != [height, width]:
                return _("The mask has another size than its image: size must be [height, width].")
            if sum(mask["counts"]) != mask["size"][0] * mask["size"][1]:
                return _("The runs of the mask do not add up to the pixels of its size.")
            unknown = next((label for label in mask["labels"] if label not in known), None)
            if unknown is None:
                return ""
            if is_secret:
                return _("The mask has a label that is none of the challenge's labels.")
            return _("The label “%(label)s” is none of the challenge's labels.") % {"label": shown_label(unknown)}

        return problem

    def names_in(self, target: Any) -> Sequence[str]:
        """Each once: what counts is in how many images it is."""
        return list(dict.fromkeys(target["labels"]))

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        width, height = size_of(row.values)
        runs = min(MOST_RUNS, width * height or MOST_RUNS)
        longest = max((line_size(label) for label in labels), default=0)
        digits = len(str(width * height)) + len(", ")
        return line_size({"id": row.id, "mask": {}}) + SIZE + runs * (longest + 1 + digits)

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """The labels that it has."""
        return ["\x1f".join(sorted(self.names_in(target))) for target in targets]

    @property
    def truth_name(self) -> str:
        return _("True mask")

    @property
    def dummy_method(self) -> str:
        return _("most frequent label")

    @property
    def label_words(self) -> LabelWords:
        return LabelWords(_("Share of labels by images that have them (%)"), _("label"))

    def hint(self, kind: ExampleKind) -> str:
        if kind is ExampleKind.LARGEST_ERROR:
            return _("The images with the largest shares of wrong pixels.")
        if kind is ExampleKind.SMALLEST_ERROR:
            return _("The images with the smallest shares of wrong pixels.")
        return super().hint(kind)

    def error_text(self, error: float) -> str:
        return _("%(percent).1f %% of the pixels") % {"percent": 100 * error}

    def text(self, value: JSON) -> str:
        """The share of each label, the largest first."""
        if not isinstance(value, dict):
            return ""
        counts: Counter[str] = Counter()
        for label, count in zip(_list(value.get("labels")), _list(value.get("counts")), strict=False):
            if isinstance(count, int):
                counts[str(label)] += count
        total = max(1, sum(counts.values()))
        return ", ".join(f"{label} {100 * count / total:.0f} %" for label, count in counts.most_common())

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        return None if value is not None else False

    def filters_of(self, value: JSON) -> frozenset[str]:
        """The labels; "" for no answer."""
        return frozenset(map(str, _list(value.get("labels")))) if isinstance(value, dict) else frozenset({""})

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
        """No two labels of an answer and the `other` have one colour."""
        size = size_of(inputs)
        names = self.filters_of(value) | self.filters_of(other)
        overlay = mask_overlay(size, value, names - {""}) if size[0] else None
        return ShownAnswer(name=name, text=self.text(value), is_right=is_right, overlay=overlay)


def _list(value: JSON) -> list[Any]:
    return value if isinstance(value, list) else []
