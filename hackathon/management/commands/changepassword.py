"""Django's own, after which no API token of that person is valid: as after a reset by mail."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from hackathon.accounts.tokens import revoke_all_tokens
from hackathon.selectors import find_person


class Command(changepassword.Command):
    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str:
        user = find_person(options["username"] or getpass.getuser())
        told = super().handle(*args, **options | ({"username": user.email} if user else {}))
        revoked = revoke_all_tokens(user=user) if user else 0
        return f"{told}; API tokens revoked: {revoked}"
