"""Django's own, after which no API token of that person is valid: as after a reset by mail."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from hackathon.accounts.tokens import revoke_all_tokens
from hackathon.models import User


class Command(changepassword.Command):
    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str:
        told = super().handle(*args, **options)
        email = options["username"] or getpass.getuser()
        revoked = revoke_all_tokens(user=User.objects.get(email=email))
        return f"{told}; API tokens revoked: {revoked}"
