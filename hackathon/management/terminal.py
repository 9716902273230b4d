"""Commands that speak to whoever runs them, in the language of their terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import get_supported_language_variant, override


def terminal_language(environ: Mapping[str, str]) -> str:
    """Of the site's languages the first that LANGUAGE, LC_ALL, LC_MESSAGES or LANG asks for, as gettext reads them."""
    asked = next((value for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    for locale in asked.split(":"):
        try:
            return get_supported_language_variant(locale.partition(".")[0].partition("@")[0].replace("_", "-").lower())
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


class TerminalCommand(BaseCommand):
    def execute(self, *args: Any, **options: Any) -> str | None:
        with override(terminal_language(os.environ)):
            return super().execute(*args, **options)
