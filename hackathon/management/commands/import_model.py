"""`manage.py import_model FOLDER`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from hackathon.errors import DomainError
from hackathon.management.terminal import TerminalCommand
from hackathon.services.import_model import import_model


class Command(TerminalCommand):
    help = "Register a model that `python -m training_worker.convert` made: safetensors only, every sha256 checked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="folder with model.json")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model, is_new = import_model(folder=options["folder"])
        except DomainError as error:
            raise CommandError(str(error)) from error
        state = _("registered") if is_new else _("was registered already")
        self.stdout.write(f"{model.slug} ({model.sha256[:12]}): {state}")
