"""Files that rows name, and those that a data set carries within itself, on their way into a bundle's `files/`."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

ENDINGS = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"RIFF": ".wav",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"ID3": ".mp3",
}
"""By how a file begins; of names that have none."""


@dataclass
class Media:
    """Names each file by its content, so that a name says nothing and the same file is there once."""

    folder: Path | None
    """Where names are looked up; None: in the folder of the file that has them."""
    found: dict[str, Path | bytes] = field(default_factory=dict)

    def take(self, raw: Any, beside: Path) -> tuple[str, str]:
        """(name in `files/`, "") or ("", what is wrong). `raw` is a path, or `{"bytes", "path"}` of `datasets`."""
        body, name = (raw.get("bytes"), str(raw.get("path") or "")) if isinstance(raw, dict) else (None, raw)
        if isinstance(body, bytes):
            return self._keep(body, hashlib.sha256(body).hexdigest(), name or "", body[:4]), ""
        if not isinstance(name, str) or not name.strip():
            return "", _("This is not the name of a file.")
        path = (self.folder or beside) / name
        try:
            with path.open("rb") as file:
                begins = file.read(4)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):
            message = _("There is no file “%(name)s” in %(folder)s; --files names another folder.")
            return "", message % {"name": name[:200], "folder": self.folder or beside}
        return self._keep(path, digest, name, begins), ""

    def _keep(self, content: Path | bytes, digest: str, name: str, begins: bytes) -> str:
        ending = Path(name).suffix.lower()
        kept = digest[:20] + (ending or next((end for sign, end in ENDINGS.items() if begins.startswith(sign)), ""))
        self.found.setdefault(kept, content)
        return kept

    def write(self, names: set[str], folder: Path) -> None:
        """Copy the files of those names into a new folder."""
        folder.mkdir()
        for name in names & self.found.keys():
            content = self.found[name]
            if isinstance(content, bytes):
                (folder / name).write_bytes(content)
            else:
                shutil.copyfile(content, folder / name)
