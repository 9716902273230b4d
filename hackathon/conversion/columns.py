"""Which column of somebody else's file is which of ours: as told, else by its name, as data sets on the hub call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems
from hackathon.bundles.reading import ID, side_columns
from training_worker.contract.tasks import Column, TaskSpec

from .table import Record, Table

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("idx", "guid", "uuid", "_id", "row_id", "example_id", "image_id"),
    "text": ("sentence", "sentence1", "premise", "question1", "text_a", "content", "review", "comment", "tweet", "body",
             "message", "utterance", "document"),
    "text_pair": ("sentence2", "hypothesis", "question2", "text_b"),
    "label": ("labels", "target", "class", "category", "sentiment", "intent", "topic", "emotion", "rating", "stars",
              "score", "y"),
    "labels": ("label", "classes", "categories", "tags"),
    "tokens": ("words",),
    "ner_tags": ("tags", "labels", "ner", "entities"),
    "image": ("img", "picture", "photo", "file_name", "image_path", "path", "file", "filename"),
    "audio": ("sound", "speech", "file_name", "audio_path", "path", "file", "filename"),
    "mask": ("annotation", "segmentation"),
    "source": ("article", "document", "dialogue", "input", "src", "text"),
    "target": ("highlights", "summary", "output", "tgt", "translation", "reference", "answer", "response"),
    "question": ("query", "ask"),
    "context": ("passage", "paragraph"),
    "answers": ("answer",),
    "choices": ("options", "endings"),
    "messages": ("conversations", "conversation", "dialog"),
    "answer": ("word", "masked_word", "obj_label", "answers"),
    "user": ("user_id", "userId", "uid", "reviewerID", "customer_id"),
    "item": ("item_id", "itemId", "movieId", "movie_id", "product_id", "asin", "iid", "book_id", "title"),
    "rating": ("score", "stars", "label", "overall", "r_ui"),
}  # fmt: skip
"""By our name, the likelier first. A name of ours itself always comes before these."""


def bundle_columns(task: TaskSpec) -> list[Column]:
    return [ID, *task.inputs, task.target, *side_columns(task)]


def choose_columns(
    task: TaskSpec, tables: Sequence[Table], told: Mapping[str, str], problems: Problems
) -> dict[str, str]:
    """Their names by ours. `told` comes first: "" there says that there is no such column; a dot leads into an object.

    {} where one that the task needs is nobody's, or `told` names one that is not there: problems that list what is.
    """
    there = list(dict.fromkeys(name for table in tables for name in table.columns))
    columns = bundle_columns(task)
    names = [column.name for column in columns]
    chosen = dict(told)
    for column in columns:
        if column.name not in chosen and (guess := _guess(column.name, there, [*chosen.values()], names)):
            chosen[column.name] = guess
    needed = [column.name for column in (*task.inputs, task.target) if column.required]
    found = [*_told_problems(told, names, there), *_missing_problems(chosen, needed, there)] if there else []
    for message in found:
        problems.add("--columns", 0, message)
    return {} if found or not there else {ours: theirs for ours, theirs in chosen.items() if theirs}


def _told_problems(told: Mapping[str, str], names: Sequence[str], there: Sequence[str]) -> Iterator[str]:
    for ours, theirs in told.items():
        if ours not in names:
            message = _("The task has no column “%(name)s”. It has: %(known)s.")
            yield message % {"name": ours[:100], "known": ", ".join(names)}
        elif theirs and theirs.partition(".")[0] not in there and theirs not in there:
            message = _("There is no column “%(name)s”. There are: %(known)s.")
            yield message % {"name": theirs[:100], "known": _listed(there)}


def _missing_problems(chosen: Mapping[str, str], needed: Sequence[str], there: Sequence[str]) -> Iterator[str]:
    for name in needed:
        if not chosen.get(name):
            message = _("No column looks like “%(name)s”. Name it by --columns %(name)s=…; there are: %(known)s.")
            yield message % {"name": name, "known": _listed(there)}


def _guess(ours: str, there: Sequence[str], taken: Sequence[str], names: Sequence[str]) -> str:
    """The free column of that name, or of one that often stands for it; "" where there is none."""
    free = {name.strip().lower(): name for name in reversed(there) if name not in taken}
    others = {name for name in names if name != ours}
    for name in (ours, *ALIASES.get(ours, ())):
        if (found := free.get(name.lower())) and (name == ours or found not in others):
            return found
    return ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name[:50] for name in names[:40]) or "–"


def value_of(record: Record, theirs: str) -> Any:
    """The value of their column; a dot leads into an object where no column has the whole name. None for none."""
    if theirs in record.values:
        return record.values[theirs]
    value: Any = record.values
    for part in theirs.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
