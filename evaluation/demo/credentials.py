"""What the demo keeps in `demo.json` beside its database: passwords and tokens, which can be read nowhere else."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

SECRET_FILE, CREDENTIALS_FILE = "secret", "demo.json"


@dataclass
class Credentials:
    """`tokens` are API tokens by e-mail; `enrolment_token` lets the worker join, once."""

    password: str
    tokens: dict[str, str] = field(default_factory=dict)
    enrolment_token: str = ""


def load_credentials(data: Path) -> Credentials:
    """Those of the data folder, or new ones with a password of their own. Not saved."""
    try:
        return Credentials(**json.loads((data / CREDENTIALS_FILE).read_text()))
    except FileNotFoundError:
        return Credentials(password=secrets.token_urlsafe(9))


def save_credentials(data: Path, credentials: Credentials) -> None:
    write_private(data / CREDENTIALS_FILE, json.dumps(asdict(credentials), indent=1))


def secret_key(data: Path) -> str:
    """The site's secret key: made once, readable by this user alone."""
    path = data / SECRET_FILE
    if not path.exists():
        write_private(path, secrets.token_urlsafe(50))
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
