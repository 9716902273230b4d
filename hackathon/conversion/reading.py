"""A source by its ending, or as it is told to be: which reader reads it, and which split it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems

from .arrow import read_folder, read_parquet
from .coco import is_coco, read_coco
from .conll import read_conll
from .delimited import read_delimited
from .lines import read_json, read_json_lines, table_of_list
from .splits import split_of
from .table import Table, Tables

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "arrow", "conll")
_ENDINGS = {".ndjson": "jsonl", ".iob": "conll", ".iob2": "conll", ".bio": "conll", ".txt": "conll"}


@dataclass(frozen=True)
class Source:
    """A file or folder; `split` is the one it is all of, "" where its own parts say or it is still to be split."""

    path: Path
    split: str = ""


@dataclass(frozen=True)
class Form:
    """How sources are written where their names do not say: one of `FORMATS`, a key of `delimited.DELIMITERS`."""

    format: str = ""
    delimiter: str = ""


def read_sources(
    sources: Sequence[Source], form: Form, left_out: Iterable[str], problems: Problems
) -> tuple[list[tuple[str, Table]], list[str]]:
    """(split, table) of each part, "" for one that is still to be split, and notes for the organizer."""
    parts: list[tuple[str, Table]] = []
    notes: list[str] = []
    for source in sources:
        for name, table in _read(source.path, form, problems).items():
            notes += table.notes
            split = source.split or split_of(name)
            if split in left_out or (name and not split):
                said = _("The split “%(name)s” of %(source)s was left out.")
                notes.append(said % {"name": name or split, "source": source.path.name})
            else:
                parts.append((split, table))
    return parts, notes


def _read(path: Path, form: Form, problems: Problems) -> Tables:
    if path.is_dir():
        return read_folder(path, problems)
    ending = path.suffix.lower()
    match form.format or _ENDINGS.get(ending, ending.removeprefix(".")):
        case "csv" | "tsv" as named:
            usual = form.delimiter or {"csv": "comma", "tsv": "tab"}[named]
            return read_delimited(path, problems, usual)
        case "jsonl":
            return read_json_lines(path, problems)
        case "json":
            return _read_json(path, problems)
        case "parquet" | "arrow":
            return read_parquet(path, problems)
        case "conll":
            return read_conll(path, problems)
    message = _("The format is not known by the file's ending. Known, also by --format: %(names)s.")
    problems.add(path.name, 0, message % {"names": ", ".join(FORMATS)})
    return {}


def _read_json(path: Path, problems: Problems) -> Tables:
    value = read_json(path, problems)
    if is_coco(value):
        return read_coco(path, value, problems)
    if isinstance(value, list):
        return table_of_list(path, value, problems)
    if value is not None:
        problems.add(path.name, 0, _("This JSON is neither a list of objects nor COCO's images and annotations."))
    return {}
