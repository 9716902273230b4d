"""`manage.py make_bundle FOLDER [SPLIT=]SOURCE … --task ID`: a bundle from CSV, TSV, JSON, Parquet, COCO, CoNLL or a
folder of the library `datasets`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from hackathon.conversion.bundle import Request, make_bundle
from hackathon.conversion.delimited import DELIMITERS
from hackathon.conversion.reading import FORMATS, Form, Source
from hackathon.conversion.splitting import Fractions
from hackathon.errors import DomainError
from hackathon.management.terminal import TerminalCommand
from training_worker.contract.tasks import TASKS
from training_worker.contract.tasks.spec import SPLITS


def source(text: str) -> Source:
    split, is_named, path = text.partition("=")
    named = is_named and split in SPLITS
    found = Source(Path(path), split) if named else Source(Path(text))
    if not found.path.exists():
        raise ArgumentTypeError(_("there is no file or folder %(path)s") % {"path": found.path})
    return found


def columns(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if not all(sign and ours for ours, sign, _theirs in pairs):
        raise ArgumentTypeError(_("write ours=theirs, with commas between: text=review,label=stars"))
    return {ours.strip(): theirs.strip() for ours, _sign, theirs in pairs}


def fractions(text: str) -> Fractions:
    refused = ArgumentTypeError(_("write three numbers above 0, for train, validation and test: 80/10/10"))
    try:
        parts = [Fraction(part) for part in text.split("/")]
    except (ValueError, ZeroDivisionError):
        raise refused from None
    if len(parts) != 3 or min(parts) <= 0:
        raise refused
    return Fractions(*(part / sum(parts) for part in parts))


class Command(TerminalCommand):
    help = (
        "Make a bundle of other people's files: everything that is wrong with them by file and line, or a new folder."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("into", type=Path, metavar="FOLDER", help="the new bundle; nothing is ever overwritten")
        parser.add_argument(
            "sources",
            type=source,
            nargs="+",
            metavar="[SPLIT=]SOURCE",
            help="files and folders; train=a.csv test=b.csv",
        )
        parser.add_argument("--task", required=True, choices=sorted(TASKS), metavar="ID", help=", ".join(sorted(TASKS)))
        parser.add_argument(
            "--columns",
            type=columns,
            default={},
            help="ours=theirs, with commas between; a.b is b within a; id= is none",
        )
        parser.add_argument(
            "--split", type=fractions, default="80/10/10", help="train/validation/test, of what has no split of its own"
        )
        parser.add_argument("--seed", type=int, default=0, help="of the split and of new ids")
        parser.add_argument("--without", action="append", default=[], choices=SPLITS, help="leave this split out")
        parser.add_argument("--files", type=Path, help="where images and audio are; default: beside the source")
        parser.add_argument("--format", choices=FORMATS, default="", help="default: by the file's ending")
        parser.add_argument("--delimiter", choices=sorted(DELIMITERS), default="", help="default: comma, of .tsv tab")

    def handle(self, *args: Any, **options: Any) -> None:
        request = Request(
            task=TASKS[options["task"]],
            sources=options["sources"],
            into=options["into"],
            told=options["columns"],
            fractions=options["split"],
            seed=options["seed"],
            form=Form(options["format"], options["delimiter"]),
            left_out=tuple(options["without"]),
            files=options["files"],
        )
        try:
            made = make_bundle(request)
        except DomainError as error:
            raise CommandError(str(error)) from error
        counts = ", ".join(f"{split} {made.counts[split]:,}" for split in SPLITS)
        self.stdout.write(f"{request.into}: {counts}")
        self.stdout.write("  ".join(f"{ours}={theirs}" for ours, theirs in made.columns.items()))
        for note in made.notes:
            self.stderr.write(note)
        self.stdout.write(_("Decide what challenge.yaml marks as TODO, then run import_challenge."))
