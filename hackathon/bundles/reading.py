"""A bundle folder as a whole: every file read and judged, and the files judged against each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from training_worker.contract.tasks import TASKS, Column, TaskSpec
from training_worker.contract.tasks.spec import TEST, TEST_LABELS, TRAIN, VALIDATION

from . import folder as files
from .challenge import CHALLENGE_YAML, NOTHING, ChallengeSpec, ReadChallenge, line_of, read_challenge
from .checks import DATA_FILES, check_any_rows, check_rows
from .feasible import check_predictions
from .media import FILES, MediaFiles, list_media, read_media
from .plain_text import plain_text
from .problems import Problem, Problems
from .rows import Row, RowFile, read_rows
from .targets import Rows
from .yaml import MAX_BYTES
from .yaml import Path as KeyPath

SIDE_FILES = ("README.md", "LICENSE", "LICENSE.txt")
MAX_DATA_BYTES = 64 * files.MEGABYTE
LIMITS = {CHALLENGE_YAML: MAX_BYTES} | dict.fromkeys(DATA_FILES, MAX_DATA_BYTES)

ID = Column(name="id", kind="string")
GROUP = Column(name="group", kind="string", required=False)
SLICE = Column(name="slice", kind="string", required=False)


@dataclass(frozen=True)
class Bundle:
    """A bundle without any problem. Rows hold exactly the task's columns, `id`, and `group` and `slice` where given."""

    challenge: ChallengeSpec
    labels: tuple[str, ...]
    """In their order; () where answers are numbers."""
    train: list[Row]
    validation: list[Row]
    test: list[Row]
    test_labels: list[Row]
    media: MediaFiles
    """Of all splits; {} where no column names files."""

    @property
    def task(self) -> TaskSpec:
        return TASKS[self.challenge.task]


@dataclass(frozen=True)
class Inspection:
    """What was found in a folder: `bundle` is None where there are `problems`."""

    bundle: Bundle | None
    spec: ReadChallenge
    problems: Problems
    train_examples: int = 0
    """That could be read."""

    def at(self, path: KeyPath, message: str) -> Problem:
        """What is to be said of the value at `path` of challenge.yaml."""
        return Problem(CHALLENGE_YAML, line_of(self.spec.lines, path), message)

    def add(self, path: KeyPath, message: str) -> None:
        """A problem with the value at `path` of challenge.yaml, which only the database knows."""
        self.problems.add(CHALLENGE_YAML, line_of(self.spec.lines, path), message)


def inspect_bundle(folder: Path) -> Inspection:
    """Read and judge the whole folder; never raises for what somebody put into it."""
    problems = Problems()
    names = files.list_folder(folder, problems, limit=files.MAX_FILES, folders=(FILES,))
    if names is None:
        return Inspection(None, NOTHING, problems)
    files.check_names(names, required=LIMITS, optional=(*SIDE_FILES, FILES), problems=problems)
    bodies = _texts(files.read_files(folder, LIMITS, names, problems), problems)
    spec = read_challenge(bodies.get(CHALLENGE_YAML), problems)
    media_folder = folder / FILES if FILES in names else None
    rows = _read_rows(TASKS.get(spec.task), bodies, problems)
    bundle = _judge(spec, rows, media_folder, problems)
    return Inspection(None if problems else bundle, spec, problems, len(rows[TRAIN]))


def _texts(bodies: dict[str, bytes], problems: Problems) -> dict[str, bytes]:
    texts = {name: plain_text(name, body, problems) for name, body in bodies.items()}
    return {name: text for name, text in texts.items() if text is not None}


def side_columns(task: TaskSpec | None) -> tuple[Column, ...]:
    """What rows may have beside inputs and target: a task that groups its items itself takes no other groups."""
    return (SLICE,) if task is not None and task.grouped_by else (GROUP, SLICE)


def row_files(task: TaskSpec | None) -> dict[str, RowFile]:
    """What each data file's rows look like for a task; None: for any, as far as all have it in common."""
    inputs, targets = (task.inputs, (task.target,)) if task else ((), ())
    own = (ID, *inputs)
    sides = side_columns(task)
    labelled = (*own, *targets, *sides)
    names = frozenset(column.name for column in (ID, GROUP, SLICE, *targets) if column.kind == "string")
    names |= {column.name for column in inputs if column.kind == "name"}
    moved = {
        column.name: _("The column “%(name)s” belongs in %(file)s: test.jsonl goes to the workers.")
        % {"name": column.name, "file": TEST_LABELS}
        for column in (*targets, *sides)
    }
    is_open = task is None
    return {
        TRAIN: RowFile(TRAIN, labelled, names, is_open=is_open),
        VALIDATION: RowFile(VALIDATION, labelled, names, is_open=is_open),
        TEST: RowFile(TEST, own, names, elsewhere=moved, is_open=is_open),
        TEST_LABELS: RowFile(TEST_LABELS, (ID, *targets, *sides), names, is_secret=True, is_open=is_open),
    }


def _read_rows(task: TaskSpec | None, bodies: dict[str, bytes], problems: Problems) -> Rows:
    specs = row_files(task)
    return {name: read_rows(specs[name], bodies[name], problems) if name in bodies else [] for name in DATA_FILES}


def _judge(spec: ReadChallenge, rows: Rows, files_folder: Path | None, problems: Problems) -> Bundle | None:
    check_any_rows(rows, problems)
    if not spec.task:
        if files_folder is not None:
            list_media(files_folder, problems)
        return None
    task = TASKS[spec.task]
    media = read_media(files_folder, task, rows, problems)
    labels = check_rows(task, spec.labels, rows, media, problems)
    check_predictions(task, labels, rows, problems)
    if spec.challenge is None:
        return None
    return Bundle(spec.challenge, labels, rows[TRAIN], rows[VALIDATION], rows[TEST], rows[TEST_LABELS], media)
