"""The small decoder: always the same files, which are converted and write whatever text."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

TEXTS = ["def f(x):\n    return x", "  two spaces", "Łódź, 東京 und 🙂", ""]


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_it_is_the_same_every_time_and_converts(tmp_path: Path) -> None:
    from training_worker.convert.convert import convert
    from training_worker.convert.small import write_small_decoder

    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        write_small_decoder(folder)
    assert hashes(folders[0]) == hashes(folders[1])
    info = convert(str(folders[0]), tmp_path / "converted", slug="small", license="Apache-2.0", revision="1")
    assert info.family == "decoder"
    assert {"text-generation", "text-completion"} <= set(info.tasks)


@pytest.mark.parametrize("text", TEXTS)
def test_its_tokens_are_bytes(text: str) -> None:
    from training_worker.convert.small import byte_tokenizer

    tokenizer = byte_tokenizer()
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == len(text.encode())
    assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text
    assert tokenizer.eos_token_id not in ids
