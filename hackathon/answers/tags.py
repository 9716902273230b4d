"""`tags`: a tag for each word, names of entities in the IOB2 scheme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.labels import shown_label
from hackathon.bundles.rows import Row
from hackathon.bundles.values import TAG
from hackathon.presentation.answer import ShownAnswer
from hackathon.presentation.spans import OUTSIDE, segments, spans
from training_worker.contract.base import JSON
from training_worker.contract.tasks import TaskSpec

from .base import AnswerKind, LabelWords, RowProblem, line_size


class TagsAnswer(AnswerKind):
    python_type = list
    part_type = str

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        words = words_column(task)
        hidden = {row.id: row.values.get(words) for row in test}
        known = set(labels)

        def problem(row: Row, is_secret: bool) -> str:
            tags: list[str] = row.values[task.target.name]
            of: Any = hidden.get(row.id) if is_secret else row.values.get(words)
            if of is not None and len(of) != len(tags):
                values = {"tags": len(tags), "words": len(of)}
                return _("Each word needs a tag: %(words)d words, %(tags)d tags.") % values
            for number, tag in enumerate(tags, start=1):
                if not TAG.fullmatch(tag):
                    return _("Tag %(number)d must be O, or B- or I- and the name of a type.") % {"number": number}
                if tag not in known:
                    return _("Tag %(number)d is none of the challenge's labels.") % {"number": number}
            return _orphan_problem(tags, is_secret)

        return problem

    def listed_problems(self, names: Sequence[Any]) -> Iterator[str]:
        if odd := [tag for tag in names if isinstance(tag, str) and not TAG.fullmatch(tag)]:
            message = _("A tag is O, or B- or I- and the name of a type; these are not: %(names)s.")
            yield message % {"names": ", ".join(map(shown_label, odd))}

    def names_in(self, target: Any) -> Sequence[str]:
        return list(target)

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        words = row.values.get(words_column(task)) or ()
        longest = max((line_size(label) for label in labels), default=0)
        return line_size({"id": row.id, "tags": []}) + len(words) * (longest + 1)

    def label_names(self, labels: Sequence[str]) -> list[str]:
        """The types of entities."""
        return list(dict.fromkeys(label.partition("-")[2] or label for label in labels if label != OUTSIDE))

    def labels_of(self, target: Any) -> list[str]:
        """The type of each entity."""
        return [span.label for span in spans(target) if span.label]

    @property
    def truth_name(self) -> str:
        return _("True labels")

    @property
    def dummy_method(self) -> str:
        return _("most frequent tag")

    @property
    def label_words(self) -> LabelWords:
        return LabelWords(_("Share of entities by type (%)"), _("type"))

    def error_text(self, error: float) -> str:
        return _("%(percent).0f %% of the tags") % {"percent": 100 * error}

    def filters_of(self, value: JSON) -> frozenset[str]:
        """Types of entities, and of words outside of them `O`."""
        return frozenset({""}) if value is None else frozenset(tag.partition("-")[2] or tag for tag in map(str, value))

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
        """With the words of the input, and the spans of this answer."""
        words = inputs.get(words_column(task))
        found = segments(words if isinstance(words, list) else [], value, other=other)
        return ShownAnswer(name=name, text=self.text(value), is_right=is_right, probability=probability, segments=found)


def words_column(task: TaskSpec) -> str:
    """Name of the input whose words get tags."""
    return next(column.name for column in task.inputs if column.kind == "strings")


def _orphan_problem(tags: list[str], is_secret: bool) -> str:
    number = _orphan(tags)
    if number and is_secret:
        return _("The tags are not valid IOB2: an entity begins with an I- tag.")
    return _("Tag %(number)d continues an entity that has not begun (IOB2).") % {"number": number} if number else ""


def _orphan(tags: list[str]) -> int:
    """The number, from 1, of the first `I-x` that follows neither `B-x` nor `I-x`; 0 where there is none."""
    before = "O"
    for number, tag in enumerate(tags, start=1):
        if tag.startswith("I-") and before[2:] != tag[2:]:
            return number
        before = tag
    return 0
