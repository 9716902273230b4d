"""What makes a page of rows and a search cheap: two files for each split, written once, at import.

`<split>.offsets` has the place of each line in `<split>.jsonl`, 4 bytes (little-endian) each, and the end of the last.
`<split>.search` has a line for each row: its labels, then its id and its inputs as people read them, without case. A
label is its number in the data, as digits that no text can hold between two separators that no text can hold.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import IO, Any

from hackathon.answers import answers_of
from hackathon.files.storage import chunks_of
from training_worker.contract.json_lines import read_rows, split_lines
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TRAIN, VALIDATION
from training_worker.contract.text import normal_form

from .facts import DataFacts, data_facts, input_text

OFFSET = struct.Struct("<I")
BETWEEN_LABELS, BETWEEN_TEXTS = "\x1f", "\x1e"
_DIGITS = str.maketrans("01234567", "\x01\x02\x03\x04\x05\x06\x07\x08")


def offsets_name(split: str) -> str:
    return f"{split}.offsets"


def search_name(split: str) -> str:
    return f"{split}.search"


def index_data(
    task: TaskSpec,
    labels: Sequence[str],
    files: Mapping[str, bytes],
    seconds: Mapping[str, float] = MappingProxyType({}),
) -> tuple[DataFacts, dict[str, bytes]]:
    """The facts, and the files of the index by name. `files` has train.jsonl and validation.jsonl, normalised;
    `seconds` are those of sound files, by name."""
    numbers = {name: number for number, name in enumerate(answers_of(task.output).label_names(labels))}
    rows, made = {}, {}
    for name in (TRAIN, VALIDATION):
        split = PurePath(name).stem
        rows[split] = read_rows(files[name])
        made[offsets_name(split)] = _offsets(files[name])
        made[search_name(split)] = b"".join(_search_line(task, numbers, row) for row in rows[split])
    return data_facts(task, labels, train=rows["train"], validation=rows["validation"], seconds=seconds), made


def _offsets(body: bytes) -> bytes:
    packed, at = bytearray(OFFSET.pack(0)), 0
    for line in split_lines(body):
        at += len(line) + 1
        packed += OFFSET.pack(at)
    return bytes(packed)


def _search_line(task: TaskSpec, numbers: Mapping[str, int], row: Mapping[str, Any]) -> bytes:
    found = sorted(
        {numbers[label] for label in answers_of(task.output).labels_of(row[task.target.name]) if label in numbers}
    )
    columns = (column for column in task.inputs if column.kind not in ("span", "integer") and column.name in row)
    words = [normal_form(text) for text in (row["id"], *(input_text(row[column.name]) for column in columns))]
    return ("".join(map(label_needle, found)) + BETWEEN_TEXTS.join(words) + "\n").encode()


def label_needle(number: int) -> str:
    """What the line of each row with that label has, and no other."""
    return BETWEEN_LABELS + f"{number:o}".translate(_DIGITS) + BETWEEN_LABELS


def matching_lines(file: IO[bytes], needles: Sequence[bytes]) -> Iterator[int]:
    """Numbers (from 0) of the lines that have every needle. No more than a chunk and a line is in memory."""
    rare, *others = sorted(needles, key=len, reverse=True)
    first = 0
    for block in _whole_lines(file):
        counted, hit = 0, block.find(rare)
        while hit >= 0:
            first += block.count(b"\n", counted, hit)
            counted = block.find(b"\n", hit) + 1
            if not others or _has_all(block, others, block.rfind(b"\n", 0, hit) + 1, counted):
                yield first
            first += 1
            hit = block.find(rare, counted)
        first += block.count(b"\n", counted)


def _has_all(block: bytes, needles: Iterable[bytes], start: int, end: int) -> bool:
    return all(block.find(needle, start, end) >= 0 for needle in needles)


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Blocks that end at the end of a line."""
    waiting = [b""]
    for chunk in chunks_of(file):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join([*waiting, chunk[:end]])
            waiting = []
        waiting.append(chunk[end:])
