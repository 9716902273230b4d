"""CoNLL files: a word a line with its tag in the last column, an empty line between two sentences.

`-DOCSTART-` begins a document, whose sentences stay on one side of a split. Tags of other schemes (IOB1, as CoNLL-2003
has it, BIOES, BILOU) become IOB2. https://aclanthology.org/W03-0419/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems

from .table import Record, Table, Tables
from .text_file import read_text

DOCUMENT = "-DOCSTART-"
_COMMENT = re.compile(r"# ?\S+ = ")
_LATER = {"E": "I", "L": "I"}
_FIRST = {"S": "B", "U": "B"}


def read_conll(path: Path, problems: Problems) -> Tables:
    text = read_text(path, problems)
    if text is None:
        return {}
    records, schemes = [], set()
    document = 0
    for line, words, tags, begins in _sentences(path, text, problems):
        document += begins
        changed = to_iob2(tags)
        if changed != tags:
            schemes.add(_("Tags were written in IOB2, which the file does not use (IOB1, BIOES or BILOU)."))
        group = {"group": f"document-{document}"} if document else {}
        records.append(Record(path.name, line, {"tokens": words, "ner_tags": changed, **group}))
    if not records:
        problems.add(path.name, 0, _("The file has no sentence."))
    columns = ("tokens", "ner_tags", *(("group",) if document else ()))
    return {"": Table(columns, records, path.parent, notes=tuple(schemes))}


def _sentences(path: Path, text: str, problems: Problems) -> Iterator[tuple[int, list[str], list[str], bool]]:
    """(first line, words, tags, does it begin a document) of each sentence."""
    words: list[str] = []
    tags: list[str] = []
    first, begins = 1, False
    for line, raw in enumerate([*text.split("\n"), ""], start=1):
        cells = raw.split("\t") if "\t" in raw.strip() else raw.split()
        if not raw.strip():
            if words:
                yield first, words, tags, begins
                begins = False
            words, tags = [], []
        elif cells[0] == DOCUMENT:
            begins = True
        elif _COMMENT.match(raw) and not words:
            continue
        elif len(cells) < 2 or not cells[0].strip() or not cells[-1].strip():
            problems.add(path.name, line, _("This line needs a word and a tag, in columns of their own."))
        else:
            first = first if words else line
            words.append(cells[0].strip())
            tags.append(cells[-1].strip())


def to_iob2(tags: Sequence[str]) -> list[str]:
    """Tags of one sentence in IOB1, IOB2, BIOES or BILOU, in IOB2. Others stay as they are."""
    found: list[str] = []
    for tag in tags:
        prefix, dash, kind = tag.partition("-")
        prefix = _FIRST.get(prefix, _LATER.get(prefix, prefix)) if dash else prefix
        before = found[-1] if found else "O"
        if dash and prefix == "I" and before[2:] != kind:
            prefix = "B"
        found.append(f"{prefix}{dash}{kind}")
    return found
