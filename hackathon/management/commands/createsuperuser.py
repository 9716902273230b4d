"""Django's own, whose account may log in at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from hackathon.accounts.services import verify_mailbox
from hackathon.models import User


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        for user in User.objects.filter(is_superuser=True, emailaddress=None):
            verify_mailbox(user=user)
