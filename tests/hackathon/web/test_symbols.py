"""What the site draws needs no special font: its symbols are in every font, and the families for Chinese are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.apps import apps

from tests.stack import REPOSITORY

APPS = ("hackathon", "teams", "submissions", "evaluation")
PO = REPOSITORY / "hackathon" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
EVERYWHERE = frozenset("–—‘’“”„•…−→≤≥")
"""Beyond Latin letters: characters of WGL4, which Windows, macOS and the fonts of a bare Linux have."""
SAMPLES = {"evaluation/styleguide.html": "中文也是这个大小"}
"""Text in another script, shown as such."""
FAMILIES = ("PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei")


def special(text: str) -> str:
    return "".join(sorted({letter for letter in text if ord(letter) > 0x24F and letter not in EVERYWHERE}))


def shown_files() -> list[Path]:
    roots = [Path(apps.get_app_config(app).path) / folder for app in APPS for folder in ("templates", "static")]
    return sorted(path for root in roots for path in root.rglob("*") if path.suffix in {".html", ".js", ".css", ".txt"})


def test_templates_and_scripts_use_symbols_that_every_font_has() -> None:
    files = shown_files()
    assert len(files) > 80
    found = {}
    for path in files:
        text = path.read_text()
        for name, sample in SAMPLES.items():
            text = text.replace(sample, "") if str(path).endswith(name) else text
        if letters := special(text):
            found[path.name] = letters
    assert found == {}


def test_sentences_use_symbols_that_every_font_has() -> None:
    with PO.open("rb") as file:
        messages = [str(message.id) for message in read_po(file, locale="zh_Hans")]
    assert {message: special(message) for message in messages if special(message)} == {}


@pytest.mark.parametrize("name", ["site.css", "api-docs.css"])
def test_families_for_chinese_are_named(name: str) -> None:
    css = (REPOSITORY / "hackathon" / "static" / "hackathon" / name).read_text()
    assert [family for family in FAMILIES if f'"{family}"' not in css] == []
