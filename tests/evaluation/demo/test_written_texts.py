"""The data of the challenges in which a model writes: conversations, and lines of code."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from evaluation.demo.datasets import next_lines, small_talk
from evaluation.demo.pip_download import FetchFailed
from hackathon.bundles.reading import inspect_bundle

TALK = """categories: [talk]
conversations:
- - how  are you
  - fine.
- - how many
  - 2
- - How are you
  - well.
"""


CODE = '''def f(x):
    """Say."""
    a = 1

    b = 2
    c = 3
    return a + b + c


def g():
    return 1
'''


def wheel(**files: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"chatterbot_corpus/data/{name}.yml", text)
    return body.getvalue()


def test_conversations_are_texts_alone_and_each_question_is_asked_once() -> None:
    found = list(small_talk.unpack(wheel(**{"english/talk": TALK, "german/talk": TALK})))
    assert found == [["how are you", "fine."], ["How are you", "well."]]
    (row,) = small_talk.rows_of([*found, ["too long", "x" * 81], ["no answer"]])
    assert (row["messages"], row["response"]) == ([{"role": "user", "content": "how are you"}], "fine.")
    with pytest.raises(FetchFailed, match="has no"):
        list(small_talk.unpack(wheel(**{"german/talk": TALK})))


def test_a_line_of_code_follows_three_others_of_its_function(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(CODE)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_code.py").write_text("def h():\n    a = 1\n    b = 2\n    c = 3\n    return a, b\n")
    (row,) = next_lines.rows_of(next_lines.read_functions(tmp_path))
    assert (row["prompt"], row["completion"]) == ("    a = 1\n    b = 2\n    c = 3\n", "    return a + b + c")


def test_the_challenge_of_lines_has_no_problem_and_is_the_same_every_time(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        next_lines.make(folder)
    assert inspect_bundle(folders[0]).problems.all() == []
    one, two = (json.dumps([(path.name, path.read_text()) for path in sorted(folder.iterdir())]) for folder in folders)
    assert one == two
