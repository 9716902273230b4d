"""docs/methods.md says what the registries say."""

from __future__ import annotations

from tests.methods_page import PAGE, page
from training_worker.contract.methods import METHODS


def test_the_page_is_what_the_registries_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.methods_page"


def test_the_page_has_every_method() -> None:
    text = PAGE.read_text("utf-8")
    for name, method in METHODS.items():
        assert text.count(f"| `{name}` |") >= 2
        assert all(f"`{field}`" in text for field in method.model_fields if field != "name")
