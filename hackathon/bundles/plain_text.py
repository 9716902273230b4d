"""Text files as Windows, macOS and spreadsheets write them, as UTF-8 whose lines end with a line feed."""

from __future__ import annotations

import codecs

from django.utils.translation import gettext as _

from .problems import Problems

UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def plain_text(name: str, body: bytes, problems: Problems) -> bytes | None:
    """`body` without byte order mark, in UTF-8 where it was UTF-16 with a mark, with `\\n` for `\\r\\n` and `\\r`.

    None, and one problem, where it is no such text at all; a wrong byte here and there is for the reader to find.
    """
    try:
        for mark, encoding in UTF16.items():
            if body.startswith(mark):
                body = body.removeprefix(mark).decode(encoding).encode()
    except UnicodeDecodeError:
        body = b"\0"
    body = body.removeprefix(codecs.BOM_UTF8)
    if b"\0" in body:
        problems.add(name, 0, _("This is not UTF-8 text: save the file as UTF-8."))
        return None
    return body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
