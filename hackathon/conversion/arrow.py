"""Parquet files, and folders that the library `datasets` has saved: Arrow files with their features beside them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems

from .splits import split_of
from .table import Record, Table, Tables

DATASET_DICT, STATE, INFO = "dataset_dict.json", "state.json", "dataset_info.json"


def read_parquet(path: Path, problems: Problems) -> Tables:
    table = _table([path], path.parent, problems)
    return {} if table is None else {"": table}


def read_folder(folder: Path, problems: Problems) -> Tables:
    """What `save_to_disk` of a Dataset or DatasetDict wrote, or a folder of Parquet files whose names say the split."""
    if (folder / DATASET_DICT).is_file():
        splits = _json(folder / DATASET_DICT, problems).get("splits", [])
        return {name: table for name in splits for table in _saved(folder / str(name), problems).values()}
    if (folder / STATE).is_file():
        return _saved(folder, problems)
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.parquet")):
        files[split_of(path.name)].append(path)
    if not files:
        message = _("There is neither a saved data set (%(names)s) nor a Parquet file in this folder.")
        problems.add(folder.name, 0, message % {"names": f"{DATASET_DICT}, {STATE}"})
    found = {name: _table(paths, folder, problems) for name, paths in files.items()}
    return {name: table for name, table in found.items() if table is not None}


def _saved(folder: Path, problems: Problems) -> Tables:
    """A Dataset's folder."""
    state, info = _json(folder / STATE, problems), _json(folder / INFO, problems)
    names = [str(entry.get("filename", "")) for entry in state.get("_data_files", [])]
    if unsafe := [name for name in names if Path(name).name != name]:
        problems.add(
            f"{folder.name}/{STATE}", 0, _("“%(name)s” is not the name of a file.") % {"name": unsafe[0][:100]}
        )
        return {}
    table = _table([folder / name for name in names], folder, problems, license=str(info.get("license") or ""))
    return {} if table is None else {"": table}


def _json(path: Path, problems: Problems) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        value = None
    if not isinstance(value, dict):
        problems.add(f"{path.parent.name}/{path.name}", 0, _("This is not valid JSON."))
        return {}
    return value


def _table(paths: Sequence[Path], folder: Path, problems: Problems, license: str = "") -> Table | None:
    records: list[Record] = []
    columns: dict[str, None] = {}
    names: dict[str, tuple[str, ...]] = {}
    for path in paths:
        file = str(path.relative_to(folder.parent))
        try:
            read, features = _read(path)
        except ImportError:
            problems.add(file, 0, _("Reading this file needs pyarrow: pip install -r requirements/site.txt"))
            return None
        except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
            problems.add(file, 0, _("The file cannot be read: %(why)s.") % {"why": str(error).splitlines()[0][:200]})
            continue
        columns |= dict.fromkeys(read.column_names)
        names |= dict(_class_names(features))
        records += [Record(file, number, values) for number, values in enumerate(read.to_pylist(), start=1)]
    return Table(tuple(columns), records, folder, names, license=license) if columns else None


def _read(path: Path) -> tuple[Any, dict[str, Any]]:
    """pyarrow's table of a file, and the features that `datasets` has noted in it. Raises OSError, ValueError."""
    import pyarrow
    import pyarrow.parquet

    if path.suffix == ".parquet":
        table = pyarrow.parquet.read_table(path)
    else:
        with pyarrow.memory_map(str(path)) as source:
            table = pyarrow.ipc.open_stream(source).read_all()
    noted = json.loads((table.schema.metadata or {}).get(b"huggingface", b"{}"))
    return table, noted.get("info", {}).get("features", {})


def _class_names(features: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of columns that are class labels, or lists of them."""
    for name, feature in features.items():
        inner = feature.get("feature", feature) if isinstance(feature, dict) else feature
        if isinstance(inner, list) and inner:  # how older versions write a list
            inner = inner[0]
        if isinstance(inner, dict) and inner.get("_type") == "ClassLabel" and inner.get("names"):
            yield name, tuple(map(str, inner["names"]))
