"""`manage.py make_organizer E-MAIL …`: access to the admin as an organizer. After an upgrade: without address."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from hackathon.errors import DomainError
from hackathon.selectors import find_person
from hackathon.services.organizers import make_organizer, organizers_group


class Command(BaseCommand):
    help = "Make or refresh the group “Organizers” and give the people of these addresses access to the admin with it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("emails", nargs="*", metavar="E-MAIL")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        group = organizers_group()
        for email in options["emails"]:
            user = find_person(email)
            if user is None:
                raise CommandError(f"Nobody has the address {email}.")
            try:
                make_organizer(user=user)
            except DomainError as error:
                raise CommandError(f"{email}: {error.message}") from None
            self.stdout.write(f"{user} may use the admin as an organizer.")
        self.stdout.write(f"The group {group} has {group.permissions.count()} permissions.")
