"""Django's own, whose account may log in at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from hackathon.models import User
from hackathon.services.accounts import verify_mailbox


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        for user in User.objects.filter(is_superuser=True, emailaddress=None):
            verify_mailbox(user=user)
