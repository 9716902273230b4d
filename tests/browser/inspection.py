"""What a reader with a keyboard, a screen reader or weak eyes stumbles over: axe-core, and what it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

FOLDER = Path(__file__).parent
AXE = FOLDER.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
OURS = (FOLDER / "inspect.js").read_text()
ASK_AXE = (FOLDER / "ask_axe.js").read_text()
MISSING = "NO AXE-CORE IN node_modules: accessibility was not checked (npm ci --ignore-scripts)"


def inspect(page: Page) -> list[str]:
    """Every fault of the open page, one sentence each. Closed <details> are opened first.

    Without axe-core the test skips, once our own checks have passed.
    """
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    faults: list[str] = page.evaluate(OURS)
    if not AXE.exists():
        assert faults == []
        pytest.skip(MISSING)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())  # not as a <script>, which the site's policy refuses
    faults += page.evaluate(ASK_AXE)
    return faults


def inspect_in_both_themes(page: Page) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate("document.getAnimations().forEach((one) => one.finish())")  # the admin fades its colours
        found += [f"{scheme}: {fault}" for fault in inspect(page)]
    return found
