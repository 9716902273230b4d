"""`manage.py seed_demo people|challenge`: the two Django steps of `python -m evaluation.demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.demo import seed
from evaluation.demo.credentials import load_credentials, save_credentials
from hackathon.errors import DomainError


class Command(BaseCommand):
    help = "Fill the demo's database. Started by `python -m evaluation.demo`; safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("step", choices=["people", "challenge"])
        parser.add_argument("--needs-worker", action="store_true", help="people: also make an enrolment token")
        parser.add_argument("--sentences", type=Path, help="challenge: the fetched data file")
        parser.add_argument("--model", type=Path, help="challenge: the converted model's folder")

    def handle(self, *args: Any, **options: Any) -> None:
        data: Path = settings.DATA_DIR
        if options["step"] == "people":
            call_command("migrate", verbosity=0)
            credentials = seed.seed_people(load_credentials(data), needs_worker=options["needs_worker"])
            save_credentials(data, credentials)
            return
        if options["sentences"] is None or options["model"] is None:
            raise CommandError("The step needs --sentences and --model.")
        try:
            done = seed.seed_challenge(sentences=options["sentences"], model=options["model"], bundle=data / "bundle")
            seed.seed_baseline()
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.challenge.title} v{done.data.version}")
