"""`manage.py seed_demo people|challenge`: the two Django steps of `python -m evaluation.demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.demo import seed
from evaluation.demo.credentials import load_credentials, save_credentials
from evaluation.demo.recipes import DEFAULT_TASK, find_recipe
from hackathon.errors import DomainError


class Command(BaseCommand):
    help = "Fill the demo's database. Started by `python -m evaluation.demo`; safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("step", choices=["people", "challenge"])
        parser.add_argument("--needs-worker", action="store_true", help="people: also make an enrolment token")
        parser.add_argument("--task", default=DEFAULT_TASK, help="whose recipe is run: a task, or a challenge's slug")
        parser.add_argument("--bundle", type=Path, help="challenge: the folder of its bundle")
        parser.add_argument("--model", type=Path, help="challenge: the converted model's folder")

    def handle(self, *args: Any, **options: Any) -> None:
        data: Path = settings.DATA_DIR
        recipe = find_recipe(options["task"])
        if options["step"] == "people":
            call_command("migrate", verbosity=0)
            needs_worker = options["needs_worker"]
            save_credentials(
                data, seed.seed_people(load_credentials(data), event=recipe.event, needs_worker=needs_worker)
            )
            return
        if options["bundle"] is None or options["model"] is None:
            raise CommandError("The step needs --bundle and --model.")
        try:
            done = seed.seed_challenge(event=recipe.event, model=options["model"], bundle=options["bundle"])
            seed.seed_baseline(recipe)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.challenge.title} v{done.data.version}")
