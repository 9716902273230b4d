"""JSON lines, and JSON files that are one list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems
from hackathon.bundles.rows import parse_object
from training_worker.contract.json_lines import split_lines

from .table import Record, Table, Tables, columns_of
from .text_file import read_body, read_text


def read_json_lines(path: Path, problems: Problems) -> Tables:
    body = read_body(path, problems)
    if body is None:
        return {}
    records = [
        Record(path.name, line, values)
        for line, raw in enumerate(split_lines(body.rstrip()), start=1)
        if (values := parse_object(path.name, line, raw, problems)) is not None
    ]
    if not records:
        problems.add(path.name, 0, _("The file is empty."))
        return {}
    return {"": Table(columns_of(records), records, path.parent)}


def read_json(path: Path, problems: Problems) -> Any:
    """The value of a JSON file; None, and a problem, where it is none."""
    text = read_text(path, problems)
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        problems.add(path.name, line, _("This is not valid JSON."))
        return None


def table_of_list(path: Path, items: list[Any], problems: Problems) -> Tables:
    """Of a JSON file that is one list: an item is a record, and its number stands for its line."""
    records = list(_records(path, items, problems))
    return {"": Table(columns_of(records), records, path.parent)}


def _records(path: Path, items: list[Any], problems: Problems) -> Iterator[Record]:
    for number, item in enumerate(items, start=1):
        if isinstance(item, dict):
            yield Record(path.name, number, item)
        else:
            problems.add(path.name, number, _("Item %(number)d of the list is not an object.") % {"number": number})
