"""What is wrong with a folder that somebody wants to import: everything at once, by file and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hackathon.errors import DomainError
from training_worker.contract.base import FieldError

MAX_PER_FILE = 200
Said = tuple[tuple[str | int, ...], str]
"""A path in challenge.yaml and a sentence about the value there."""
SHOWN_LINES = 5
"""Of a problem that many lines have."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong; `line` counts from 1, 0 means the file as a whole. Never holds a test label."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class ProblemsFound(DomainError):
    """Nothing was imported. `problems` are sorted by file and line."""

    code = "invalid_bundle"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__(
            _nothing_imported(len(self.problems)),
            hint=_("Correct the lines named below and try again."),
            fields=[FieldError(code=self.code, field=p.file, message=str(p)) for p in self.problems],
        )

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.problems)])


class Problems:
    """Collects problems, and warnings, which are for the organizer to read and keep nothing from being imported.

    What is wrong in the same way in many lines of a file is one problem that counts them. Past `MAX_PER_FILE` of a file
    they are only counted, so that the report stays readable.
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], list[int]] = {}
        self._kinds: Counter[str] = Counter()
        self._more: Counter[str] = Counter()
        self._warnings: list[Problem] = []

    def add(self, file: str, line: int, message: str) -> None:
        if (file, message) in self._lines:
            self._lines[file, message].append(line)
        elif self._kinds[file] < MAX_PER_FILE:
            self._kinds[file] += 1
            self._lines[file, message] = [line]
        else:
            self._more[file] += 1

    def warn(self, file: str, line: int, message: str) -> None:
        self._warnings.append(Problem(file, line, message))

    def all(self) -> list[Problem]:
        """Everything found, sorted; one last line for each file that has more than is shown."""
        found = [
            Problem(file, min(lines), message + _also_in(sorted({*lines})))
            for (file, message), lines in self._lines.items()
        ]
        more = [Problem(file, 0, _more(count)) for file, count in sorted(self._more.items())]
        return [*sorted(found), *more]

    def each(self) -> Iterator[tuple[str, int, str]]:
        """(file, line, message) of each problem as it was added, as far as they are kept."""
        for (file, message), lines in self._lines.items():
            for line in lines:
                yield file, line, message

    def warnings(self) -> list[Problem]:
        return sorted(self._warnings)

    def __bool__(self) -> bool:
        return bool(self._lines)


def _nothing_imported(count: int) -> str:
    said = ngettext("Nothing was imported: %(count)d problem.", "Nothing was imported: %(count)d problems.", count)
    return said % {"count": count}


def _more(count: int) -> str:
    said = ngettext("… and %(count)d more problem in this file.", "… and %(count)d more problems in this file.", count)
    return said % {"count": count}


def _also_in(lines: Sequence[int]) -> str:
    if len(lines) < 2:
        return ""
    shown = ", ".join(map(str, lines[:SHOWN_LINES])) + (" …" if len(lines) > SHOWN_LINES else "")
    return " " + _("(%(count)d lines: %(lines)s)") % {"count": len(lines), "lines": shown}
