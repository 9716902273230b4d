"""The whole way from sources to a bundle folder: nothing is written where anything is wrong."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hackathon.answers import answers_of
from hackathon.bundles.challenge import CHALLENGE_YAML
from hackathon.bundles.media import FILES
from hackathon.bundles.problems import Problem, Problems, ProblemsFound
from hackathon.bundles.reading import inspect_bundle
from hackathon.errors import DomainError
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import SPLITS, TEST, TEST_LABELS

from .columns import bundle_columns, choose_columns
from .examples import Converter
from .media import Media
from .reading import Form, Source, read_sources
from .skeleton import skeleton
from .splitting import Example, Fractions, split_examples
from .table import Table

_PLACE = re.compile(r"\b(\w+\.jsonl):(\d+)\b")


@dataclass(frozen=True)
class Request:
    """What is to be made of what. `told` are their columns by ours, `files` is where rows' files are, None for beside
    the source."""

    task: TaskSpec
    sources: Sequence[Source]
    into: Path
    told: Mapping[str, str]
    fractions: Fractions
    seed: int = 0
    form: Form = field(default_factory=Form)
    left_out: tuple[str, ...] = ()
    files: Path | None = None


@dataclass(frozen=True)
class Made:
    """What was written: rows by split, their columns by ours, and what the organizer should read."""

    counts: Mapping[str, int]
    columns: Mapping[str, str]
    notes: Sequence[str]


class NothingWritten(ProblemsFound):
    """There is no bundle; the problems are those of the sources."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        count = len(self.problems)
        said = ngettext("Nothing was written: %(count)d problem.", "Nothing was written: %(count)d problems.", count)
        self.message = said % {"count": count}


def make_bundle(request: Request) -> Made:
    """Write the folder `request.into`, a new one. Raises `NothingWritten` with every problem, `DomainError`."""
    if request.into.exists():
        raise DomainError(_("%(folder)s is there already: name a new folder.") % {"folder": request.into})
    problems = Problems()
    parts, notes = read_sources(request.sources, request.form, request.left_out, problems)
    if not parts and not problems:
        problems.add("--without", 0, _("Nothing is left to make a bundle of."))
    tables = [table for _split, table in parts]
    chosen = choose_columns(request.task, tables, request.told, problems)
    media = Media(request.files)
    examples = Converter(request.task, chosen, media, request.seed, problems).convert(parts) if chosen else []
    if not examples:
        raise NothingWritten(problems.all())
    examples = split_examples(request.task, examples, request.fractions, request.seed)
    request.into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=request.into.parent, prefix=".making-") as scratch:
        draft = Path(scratch, "bundle")
        origins = _write(draft, request.task, examples, media)
        text = _challenge(request, tables, chosen[request.task.target.name], examples)
        (draft / CHALLENGE_YAML).write_text(text, "utf-8", newline="\n")
        found = inspect_bundle(draft).problems
        _take_over(found, origins, problems)
        if problems:
            raise NothingWritten(problems.all())
        draft.rename(request.into)
    notes += [str(warning) for warning in found.warnings()]
    notes += _left_out(tables, chosen)
    return Made(Counter(example.split for example in examples), chosen, notes)


def _write(draft: Path, task: TaskSpec, examples: Sequence[Example], media: Media) -> dict[tuple[str, int], Example]:
    """Write all but challenge.yaml; the example of each line of each file."""
    draft.mkdir()
    origins: dict[tuple[str, int], Example] = {}
    for name, rows in _files(task, examples).items():
        origins |= {(name, line): example for line, (example, _row) in enumerate(rows, start=1)}
        body = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for _example, row in rows)
        (draft / name).write_text(body, "utf-8", newline="\n")
    if task.file_columns:
        columns = [column.name for column in task.file_columns]
        media.write({one.values[name] for one in examples for name in columns if name in one.values}, draft / FILES)
    return origins


def _challenge(request: Request, tables: Sequence[Table], target: str, examples: Sequence[Example]) -> str:
    """challenge.yaml to begin with; `target` is their name of the target's column."""
    return skeleton(
        request.task,
        slug=_slug(request.into.name),
        labels=_labels(
            request.task, [name for table in tables for name in table.class_names.get(target, ())], examples
        ),
        license=next((table.license for table in tables if table.license), ""),
        sources=[source.path.name for source in request.sources],
    )


def _files(task: TaskSpec, examples: Sequence[Example]) -> dict[str, list[tuple[Example, dict[str, Any]]]]:
    """By the file's name, the rows in their order with the columns that belong there."""
    order = [column.name for column in bundle_columns(task)]
    rows = {split: [one for one in examples if one.split == split] for split in SPLITS}
    inputs = ["id", *(column.name for column in task.inputs)]
    labels = ["id", task.target.name, "group", "slice"]
    of = {f"{split}.jsonl": (rows[split], order) for split in SPLITS}
    of |= {TEST: (rows["test"], inputs), TEST_LABELS: (rows["test"], labels)}
    return {
        name: [(one, {column: one.values[column] for column in columns if column in one.values}) for one in found]
        for name, (found, columns) in of.items()
    }


def _labels(task: TaskSpec, listed: Iterable[str], examples: Iterable[Example]) -> list[str]:
    """Names that the source lists in an order, those that occur; [] where it lists none: then the data's own hold."""
    kind, names = answers_of(task.output), list(dict.fromkeys(listed))
    used = {name for one in examples for name in kind.names_in(one.values[task.target.name])} if task.has_labels else ()
    return [name for name in names if name in used] if set(used) <= set(names) else []


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "challenge"


def _take_over(found: Problems, origins: Mapping[tuple[str, int], Example], problems: Problems) -> None:
    """The problems of the bundle at the places of the source that its lines come from."""

    def place(match: re.Match[str]) -> str:
        origin = origins.get((match[1], int(match[2])))
        return f"{origin.file}:{origin.line}" if origin else match[0]

    for file, line, message in found.each():
        origin = origins.get((file, line))
        problems.add(origin.file if origin else file, origin.line if origin else line, _PLACE.sub(place, message))


def _left_out(tables: Sequence[Table], chosen: Mapping[str, str]) -> Iterator[str]:
    used = {name.partition(".")[0] for name in chosen.values()} | {*chosen.values()}
    rest = [name for name in dict.fromkeys(name for table in tables for name in table.columns) if name not in used]
    if rest:
        yield _("Columns that were left out: %(names)s.") % {"names": ", ".join(name[:50] for name in rest[:40])}
