"""The system's chromium, and how it is started. Needs no Django."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

ARGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ASYNC_UNSAFE = "DJANGO_ALLOW_ASYNC_UNSAFE"


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def running_chromium(executable: str) -> Iterator[Browser]:
    os.environ[ASYNC_UNSAFE] = "true"  # playwright's loop lives in this thread; Django only looks
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=executable, args=[*ARGS, *sandbox])
            yield browser
            browser.close()
    finally:
        del os.environ[ASYNC_UNSAFE]
