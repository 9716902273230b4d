"""Reading rows of train and validation: some of them, or those that have a label or a text. Never a whole file."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, overload

from hackathon.answers import answers_of
from hackathon.errors import NotFound
from hackathon.models import ChallengeData
from hackathon.web.stored_files import open_stored
from training_worker.contract.json_lines import read_line
from training_worker.contract.text import normal_form

from .facts import DataFacts
from .index import OFFSET, label_needle, matching_lines, offsets_name, search_name

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = get_args(Split)


def facts_of(data: ChallengeData) -> DataFacts | None:
    return DataFacts.model_validate_json(json.dumps(data.facts)) if data.facts else None


@dataclass(frozen=True)
class Rows(Sequence[dict[str, Any]]):
    """Rows of a split by their numbers in the file; a slice reads its own rows and nothing else."""

    data: ChallengeData
    split: Split
    numbers: Sequence[int]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return _read(self.data, self.split, self.numbers[index])
        return _read(self.data, self.split, [self.numbers[index]])[0]


def find_rows(data: ChallengeData, split: Split, *, search: str = "", label: str = "") -> Rows:
    """Those with the label, or an entity of the type, whose id or inputs have the text; "" asks for nothing.

    In the order of the file. Case, kinds of white space and invisible characters make no difference. Raises `NotFound`
    for a label that the data does not have, and as `open_stored`.
    """
    facts = facts_of(data)
    if facts is None:
        raise NotFound
    needles = [needle for needle in (_label_needle(data, label), normal_form(search)) if needle]
    if not needles:
        return Rows(data, split, range(getattr(facts, split).examples))
    with open_stored("datasets", f"{data.prefix}/{search_name(split)}") as file:
        return Rows(data, split, array("I", matching_lines(file, [needle.encode() for needle in needles])))


def _label_needle(data: ChallengeData, label: str) -> str:
    if not label:
        return ""
    names = labels_in(data)
    if label not in names:
        raise NotFound
    return label_needle(names.index(label))


def labels_in(data: ChallengeData) -> list[str]:
    """What its rows can be filtered by, in the order of the data; [] where the task has none."""
    return answers_of(data.challenge.task_spec.output).label_names(data.dataset_manifest.labels)


def _read(data: ChallengeData, split: Split, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Rows by number, in ascending order."""
    if not numbers:
        return []
    first, last = numbers[0], numbers[-1]
    with open_stored("datasets", f"{data.prefix}/{offsets_name(split)}") as file:
        file.seek(first * OFFSET.size)
        body = file.read((last - first + 2) * OFFSET.size)
    found = []
    with open_stored("datasets", f"{data.prefix}/{split}.jsonl") as file:
        for number in numbers:
            (start,), (end,) = (
                OFFSET.unpack_from(body, (place - first) * OFFSET.size) for place in (number, number + 1)
            )
            file.seek(start)
            row = read_line(file.read(end - start))
            assert isinstance(row, dict)
            found.append(row)
    return found
