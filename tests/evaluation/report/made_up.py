"""Made-up validation reports, one for each kind of answer, as a worker would have written them."""

from __future__ import annotations

from typing import Any

from training_worker.contract.report import (
    ClassRow,
    Confusion,
    Example,
    ExampleGroup,
    ExampleKind,
    MetricRow,
    Point,
    ValidationReport,
)

LABELS = ("bird", "cat", "dog")
WORDS = ["Ada", "Lovelace", "met", "Babbage", "in", "London", "."]
TAGS = ["B-person", "I-person", "O", "B-person", "O", "B-place", "O"]
PREDICTED_TAGS = ["B-person", "I-person", "O", "B-place", "O", "B-place", "O"]


def group(kind: ExampleKind, *examples: Example, count: int | None = None) -> ExampleGroup:
    return ExampleGroup(kind=kind, count=len(examples) if count is None else count, examples=examples)


def example(item: str, target: Any, predicted: Any, base: Any = None, **more: Any) -> Example:
    values = {"inputs": {"text": f"the text of {item}"}} | more
    return Example(id=item, target=target, predicted=predicted, base_predicted=base, **values)


def class_report(**changes: Any) -> ValidationReport:
    """Eight items of three classes, one of them without an answer; the base model has four right."""
    wrong = example("val-2", "cat", "dog", "cat", confidence=0.8, target_confidence=0.1)
    silent = example("val-7", "bird", None, "bird")
    unsure = example("val-6", "bird", "bird", "bird", confidence=0.4, target_confidence=0.4)
    sure = example("val-5", "dog", "dog", "cat", confidence=0.95, target_confidence=0.95)
    values: dict[str, Any] = {
        "items": 8,
        "metrics": (
            MetricRow(name="accuracy", value=0.625, se=0.1830, base=0.5),
            MetricRow(name="f1_macro", value=0.6667, se=0.1712, base=0.5111),
        ),
        "labels": LABELS,
        "classes": (
            ClassRow(label="bird", precision=1.0, recall=0.5, f1=2 / 3, support=2, base_f1=0.8),
            ClassRow(label="cat", precision=2 / 3, recall=2 / 3, f1=2 / 3, support=3, base_f1=0.4),
            ClassRow(label="dog", precision=2 / 3, recall=2 / 3, f1=2 / 3, support=3, base_f1=1 / 3),
        ),
        "confusion": ((1, 0, 0, 1), (0, 2, 1, 0), (0, 1, 2, 0)),
        "confusions": (
            Confusion(target="cat", predicted="dog", count=1),
            Confusion(target="dog", predicted="cat", count=1),
        ),
        "groups": (
            group(ExampleKind.ERROR, wrong, silent, count=3),
            group(ExampleKind.UNCERTAIN, unsure, count=2),
            group(ExampleKind.CONFIDENT, sure, count=3),
            group(ExampleKind.IMPROVED, sure, count=3),
            group(ExampleKind.REGRESSED, wrong, silent, count=2),
        ),
    }
    return ValidationReport(**values | changes)


def without_base(report: ValidationReport) -> ValidationReport:
    """The same run where the base model's answers are not known."""
    compared = {ExampleKind.IMPROVED, ExampleKind.REGRESSED}
    changes = {
        "metrics": tuple(row.model_copy(update={"base": None}) for row in report.metrics),
        "classes": tuple(row.model_copy(update={"base_f1": None}) for row in report.classes),
        "groups": tuple(group for group in report.groups if group.kind not in compared),
    }
    return report.model_copy(update=changes)


def tags_report() -> ValidationReport:
    """One sentence, in which the run takes a person for a place and the base model names nothing."""
    seen = {"inputs": {"tokens": WORDS}, "error": 1 / 7}
    wrong = example("val-0", TAGS, PREDICTED_TAGS, ["O"] * 7, **seen)
    silent = example("val-1", TAGS, None, ["O"] * 7, inputs={"tokens": WORDS}, error=4 / 7)
    return ValidationReport(
        items=2,
        metrics=(
            MetricRow(name="entity_f1", value=0.6667, se=0.11, base=0.0),
            MetricRow(name="token_accuracy", value=0.8571, se=0.02, base=0.4286),
        ),
        classes=(
            ClassRow(label="person", precision=1.0, recall=0.5, f1=2 / 3, support=2, base_f1=0.0),
            ClassRow(label="place", precision=0.5, recall=1.0, f1=2 / 3, support=1, base_f1=0.0),
        ),
        groups=(
            group(ExampleKind.LARGEST_ERROR, wrong, silent),
            group(ExampleKind.IMPROVED, wrong),
            group(ExampleKind.REGRESSED),
        ),
    )


def numbers_report(*, scale: float = 1.0) -> ValidationReport:
    """Forty ratings from -4 to 4 times `scale`, each predicted 0.5 too high; the base model answers 0."""
    targets = [scale * (number / 5 - 4) for number in range(41) if number != 20]
    far = example("val-0", targets[0], targets[0] + scale / 2, 0.0, error=scale / 2)
    near = example("val-9", targets[9], None, 0.0, error=8 * scale)
    square = scale * scale
    return ValidationReport(
        items=len(targets),
        metrics=(
            MetricRow(name="mse", value=0.25 * square, se=0.0213 * square, base=5.74 * square),
            MetricRow(name="spearman", value=0.9991, se=0.0003, base=0.0),
        ),
        points=tuple(Point(target=target, predicted=target + scale / 2) for target in targets),
        groups=(group(ExampleKind.LARGEST_ERROR, near, far), group(ExampleKind.IMPROVED, far, count=31)),
    )
