"""`manage.py score_reference CHALLENGE [--fix-step] [--if-any]`: score a classic model as an unranked reference."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.ranking.rounding import score_text
from evaluation.scoring.references import score_reference
from evaluation.services.display_step import fix_display_step
from hackathon.clock import db_now
from hackathon.errors import Conflict
from hackathon.models import Challenge, current_phase


class Command(BaseCommand):
    help = "Score the classic model of a challenge's task on the data of its current phase."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("challenge", help="slug of the challenge")
        parser.add_argument("--if-any", action="store_true", help="a task without a classic model is no error")
        parser.add_argument("--fix-step", action="store_true", help="also fix the phase's display step from its error")

    def handle(self, *args: Any, **options: Any) -> None:
        challenge = Challenge.objects.filter(slug=options["challenge"]).first()
        phase = current_phase(challenge.phases.select_related("data__challenge"), db_now()) if challenge else None
        if phase is None:
            raise CommandError(f"There is no challenge {options['challenge']!r} with a phase.")
        try:
            reference = score_reference(data=phase.data)
            if options["fix_step"]:
                fix_display_step(phase=phase)
        except Conflict as conflict:
            if options["if_any"] and conflict.code == "no_reference":
                self.stdout.write(conflict.message)
                return
            raise CommandError(f"{conflict.message} {conflict.hint}".strip()) from None
        shown = score_text(reference.public_score, reference.public_se, phase.display_step)
        self.stdout.write(f"{reference.name}: {reference.metric} {shown} (display step {phase.display_step:g})")
