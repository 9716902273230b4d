"""A production environment, and programs that know nothing but what is in it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

GOOD_KEY = "R7" + secrets.token_hex(40)


def production(folder: Path, **changes: str) -> dict[str, str]:
    environment = {
        "HACKTUNE_SECRET_KEY": GOOD_KEY,
        "HACKTUNE_SITE_URL": "https://h.example",
        "HACKTUNE_ALLOWED_HOSTS": "h.example",
        "HACKTUNE_DATA_DIR": str(folder / "data"),
    }
    return environment | changes


def run_python(folder: Path, code: str, **env: str) -> subprocess.CompletedProcess[str]:
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    argv = [sys.executable, "-c", code]
    return subprocess.run(argv, cwd=folder, env=plain | env, capture_output=True, text=True, check=False, timeout=120)
