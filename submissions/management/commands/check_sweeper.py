"""`manage.py check_sweeper [--seconds 60]`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.management.terminal import TerminalCommand
from submissions.watch.prometheus import last_sweep_at


class Command(TerminalCommand):
    help = "Fail unless the sweeper was at work lately: so scheduler, broker and database all do their part."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=60.0, help="how long ago at most (default: 60)")

    def handle(self, *args: Any, **options: Any) -> None:
        swept = last_sweep_at()
        if swept is None:
            raise CommandError(_("The sweeper has not been at work yet."))
        age = (db_now() - swept).total_seconds()
        if age > options["seconds"]:
            raise CommandError(_("The sweeper was last at work %(age)d seconds ago.") % {"age": age})
        self.stdout.write(f"{age:.0f}")
