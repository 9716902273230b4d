"""`labels`: any number of the data's labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hackathon.bundles.labels import shown_label
from hackathon.bundles.rows import Row
from training_worker.contract.base import JSON
from training_worker.contract.tasks import TaskSpec

from .base import AnswerKind, LabelWords, RowProblem
from .classes import probabilities_line


class LabelSetAnswer(AnswerKind):
    python_type = list
    part_type = str

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        known = set(labels)

        def problem(row: Row, is_secret: bool) -> str:
            unknown = [label for label in row.values[task.target.name] if label not in known]
            if not unknown:
                return ""
            if is_secret:
                return _("A label is none of the challenge's labels.")
            return _("The label “%(label)s” is none of the challenge's labels.") % {"label": shown_label(unknown[0])}

        return problem

    def names_in(self, target: Any) -> Sequence[str]:
        return list(target)

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        return probabilities_line(row, labels)

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """Its rarest label, "" where it has none: so each part gets its share of the rare ones."""
        counts = Counter(label for target in targets for label in target)
        return [min(target, key=lambda label: (counts[label], label), default="") for target in targets]

    @property
    def truth_name(self) -> str:
        return _("True labels")

    @property
    def dummy_method(self) -> str:
        return _("labels that most items have")

    @property
    def label_words(self) -> LabelWords:
        return LabelWords(_("Share of all given labels (%)"), _("label"))

    def error_text(self, error: float) -> str:
        count = round(error)
        return ngettext("%(count)d wrong label", "%(count)d wrong labels", count) % {"count": count}

    def text(self, value: JSON) -> str:
        if not isinstance(value, list):
            return super().text(value)
        return ", ".join(map(str, value)) or _("no label")

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        """Where the set is the very one."""
        return (
            isinstance(value, list) and isinstance(target, list) and sorted(map(str, value)) == sorted(map(str, target))
        )

    def filters_of(self, value: JSON) -> frozenset[str]:
        return frozenset(map(str, value)) if isinstance(value, list) else frozenset({""})
