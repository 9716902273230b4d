"""A command speaks the language of the terminal that it is run in."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import get_language

from hackathon.management.terminal import terminal_language
from hackathon.models import Challenge
from tests.factories import BaseModelFactory, HackathonFactory
from tests.stack import REPOSITORY
from tests.test_sentences import chinese

__all__ = ["chinese"]
EXAMPLE = REPOSITORY / "docs" / "examples" / "film-critics"
UNSET = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_SG"}, "zh-hans"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "xx:zh_CN:en"}, "zh-hans"),
        ({"LANG": "de_DE@euro"}, "en"),
        ({"LANG": "../../etc"}, "en"),
    ],
)
def test_the_language_of_a_terminal(environ: dict[str, str], language: str) -> None:
    assert terminal_language(environ) == language


@pytest.mark.django_db
def test_an_import_says_everything_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chinese: None) -> None:
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    hackathon = HackathonFactory.create(slug="an-event")
    BaseModelFactory.create(slug="all-minilm-l6-v2")
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "bundle"))
    train = (folder / "train.jsonl").read_text()
    (folder / "train.jsonl").write_text(train + "\nno json\n")
    with pytest.raises(CommandError) as refused:
        call_command("import_challenge", str(folder), hackathon="an-event")
    first, *problems = str(refused.value).splitlines()
    assert first == "未导入任何内容：2 个问题。"
    assert problems == ["train.jsonl:21: 此行为空：请删除。", "train.jsonl:22: 此行不是有效的 JSON。"]
    (folder / "train.jsonl").write_text(train)
    out, notes = StringIO(), StringIO()
    call_command("import_challenge", str(folder), hackathon="an-event", stdout=out, stderr=notes)
    assert "数据版本 1（新）" in out.getvalue()
    assert "测试集较小" in notes.getvalue()
    assert Challenge.objects.get(hackathon=hackathon)
    assert get_language() == "en", "the command alone spoke Chinese"
