"""`manage.py check_storage`"""

from __future__ import annotations

import uuid
from typing import Any

import urllib3
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from hackathon.files.storage import PrivateStorage, storage
from hackathon.management.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Try every storage: write, list, read, read by a signed address as a node would, refuse without, delete."

    def handle(self, *args: Any, **options: Any) -> None:
        aliases = sorted(set(settings.STORAGES) - {"staticfiles"})
        problems = {alias: problem for alias in aliases if (problem := _try(storage(alias)))}
        for alias in aliases:
            self.stdout.write(f"{alias}: {problems.get(alias, _('works'))}")
        if problems:
            raise CommandError(_("Not every storage works."))


def _try(store: PrivateStorage) -> str:
    """What is wrong with that storage, or nothing. Leaves no file behind where it may delete."""
    name, body = f"check/{uuid.uuid4()}", b"check"
    try:
        store.save(name, ContentFile(body))
        try:
            with store.open(name) as file:
                is_same = file.read() == body
            if not is_same or name not in dict(store.walk("check")):
                return _("a file was written, but is not there as it was written")
            return _try_address(store.signed_url(name, seconds=60), body)
        finally:
            store.delete(name)
    except Exception as error:  # of whichever backend
        return f"{type(error).__name__}: {error}"


def _try_address(url: str | None, body: bytes) -> str:
    if url is None:
        return ""
    host = url.split("?")[0]
    if urllib3.request("GET", url, retries=False, timeout=10).data != body:
        return _("the signed address does not give the file: %(url)s") % {"url": host}
    if urllib3.request("GET", host, retries=False, timeout=10).status == 200:
        return _("everybody may read the bucket: %(url)s") % {"url": host}
    return ""
