"""A stranger's way into the demo in a real browser, every page of it inspected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.inspection import inspect
from tests.browser.watched import Watched
from tests.factories import PASSWORD, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_from_sign_up_to_a_token_with_a_second_factor_on_the_way(
    world: World, watched: Watched, settings: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    settings.SITE_URL = watched.address
    settings.MAIL, settings.OUTBOX_DIR = "outbox", tmp_path / "outbox"
    settings.MAIL_TRANSPORT = "hackathon.mail.demo_outbox.FileBackend"
    page = watched.open("/", width=width, scheme=scheme)
    found: dict[str, Any] = {}

    def seen(name: str) -> None:
        if problems := inspect(page):
            found[name] = problems

    page.click("text=Sign up")
    seen("sign-up")
    page.fill("[name=name]", "Ada Stranger")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=password1]", PASSWORD)
    page.click("main button.primary")
    seen("sent")
    page.click("text=Read it in the outbox")
    seen("outbox")
    page.click(".mail a")
    seen("confirm")
    page.click("main button.primary")
    page.click("#account-menu summary")
    page.click("#account-menu a")
    seen("profile")
    page.click("text=Two-factor authentication")
    seen("second factor")
    page.click("main a.button.primary")
    seen("is it you")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.primary")
    page.wait_for_selector("img.qr")
    seen("activate")
    page.goto(f"{watched.address}/account/tokens/")
    page.fill("[name=name]", "notebook")
    page.click("text=Create token")
    assert page.inner_text("#new-token").startswith("htu_")
    seen("tokens")
    page.click("text=Log out")
    page.goto(f"{watched.address}/account/reset/")
    seen("reset")
    assert found == {}
