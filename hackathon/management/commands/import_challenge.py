"""`manage.py import_challenge FOLDER --hackathon SLUG [--publish] [--yes]`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from hackathon.errors import DomainError
from hackathon.management.terminal import TerminalCommand
from hackathon.models import Hackathon
from hackathon.services.import_challenge import import_challenge


class Command(TerminalCommand):
    help = "Import a challenge bundle: everything that is wrong with it by file and line, or a new data version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="folder with challenge.yaml and the data files")
        parser.add_argument("--hackathon", required=True, metavar="SLUG", help="hackathon to import into")
        parser.add_argument("--publish", action="store_true", help="show the challenge to participants at once")
        parser.add_argument(
            "--yes", action="store_true", help="change what teams go by, too, in phases that have opened"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        hackathon = Hackathon.objects.filter(slug=options["hackathon"]).first()
        if hackathon is None:
            raise CommandError(_("There is no hackathon of the slug “%(slug)s”.") % {"slug": options["hackathon"]})
        try:
            done = import_challenge(
                folder=options["folder"], hackathon=hackathon, publish=options["publish"], agreed=options["yes"]
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        state = _("new") if done.is_new_version else _("unchanged")
        self.stdout.write(
            _("%(title)s: data version %(version)d (%(state)s), %(public)d public and %(private)d private test items.")
            % {
                "title": done.challenge.title,
                "version": done.data.version,
                "state": state,
                "public": done.data.public_count,
                "private": done.data.private_count,
            }
        )
        for change in done.changes:
            self.stdout.write(change)
        for note in done.notes:
            self.stderr.write(note)
