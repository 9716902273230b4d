"""`manage.py rebuild_leaderboard CHALLENGE`: make the rows of all its boards anew from the results."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.services.leaderboard import rebuild_leaderboard
from hackathon.models import Challenge


class Command(BaseCommand):
    help = "Make the rows of a challenge's leaderboards anew from the results."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("challenge", help="slug of the challenge")

    def handle(self, *args: Any, **options: Any) -> None:
        challenge = Challenge.objects.filter(slug=options["challenge"]).first()
        if challenge is None:
            raise CommandError(f"There is no challenge {options['challenge']!r}.")
        for phase in challenge.phases.all():
            self.stdout.write(f"{phase.name}: {rebuild_leaderboard(phase=phase)} rows")
