"""`manage.py create_enrolment_token [--hours 24]`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from hackathon.management.terminal import TerminalCommand
from submissions.services.nodes import create_enrolment_token


class Command(TerminalCommand):
    help = "Print a one-time token with which one GPU node can join. It cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=float, default=24.0, help="how long it may be used (default: 24)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["hours"] <= 24 * 30:
            raise CommandError(_("--hours must be above 0 and at most 720."))
        self.stdout.write(create_enrolment_token(hours=options["hours"]))
