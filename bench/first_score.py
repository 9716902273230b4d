"""`python -m bench.first_score --url http://127.0.0.1:8000`: a stranger's way on a running demo, from the first page to
a score: sign-up, confirmed mail, join, team, the form as it stands, the scored run.

In the system's Chromium, as a person would, without a pause for reading. Last line: one JSON object with clicks,
fields that were filled in, and seconds until the run was submitted and until it was scored.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urljoin

from playwright.sync_api import Page

from tests.browser.chromium import find_chromium, running_chromium

PASSWORD = token_urlsafe(12)


@dataclass
class Stranger:
    page: Page
    began: float = field(default_factory=time.monotonic)
    clicks: int = 0
    fields: int = 0

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.page.wait_for_load_state()
        self.clicks += 1

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.page.fill(f"main [name={name}]", value)
            self.fields += 1

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--width", type=int, default=1280)
    asked = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        print("no chromium on this machine", file=sys.stderr)
        return 1
    with running_chromium(chromium) as browser:
        page = browser.new_page(viewport={"width": asked.width, "height": 900})
        page.goto(urljoin(asked.url, "/"))
        print(json.dumps(walk(Stranger(page))))
    return 0


def walk(stranger: Stranger) -> dict[str, float]:
    """Each step is what the page before offers as its next one."""
    name = f"Stranger {time.time():.0f}"
    mail = f"{name.lower().replace(' ', '-')}@example.org"
    stranger.click("main a:has-text('Sign up')")
    stranger.fill(name=name, email=mail, password1=PASSWORD)
    stranger.click("main button.primary")
    stranger.click("text=Read it in the outbox")
    link = f"main li:has-text('{mail}') .mail a"
    while not stranger.page.locator(link).count():  # the mail is on its way
        stranger.page.wait_for_timeout(500)
        stranger.page.reload()
    stranger.click(link)
    stranger.click("main button.primary")
    stranger.click("main a.primary:has-text('Join')")
    stranger.click("main [name=stands_for][value=alone]")
    stranger.click("main button.primary")
    stranger.click("main a.primary:has-text('team')")
    stranger.fill(name=name)
    stranger.click("main button.primary")
    stranger.click("main a.primary:has-text('Submit')")
    stranger.click("button[name=submit]")
    submitted = stranger.seconds
    stranger.page.wait_for_selector(".state:has-text('scored')", timeout=600_000)
    return {"clicks": stranger.clicks, "fields": stranger.fields, "submitted": submitted, "scored": stranger.seconds}


if __name__ == "__main__":
    sys.exit(main())
