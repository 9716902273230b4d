"""The challenge "What does the bot say?": conversations from a PyPI package that is downloaded, never imported.

python -m evaluation.demo.datasets.small_talk FOLDER
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from evaluation.demo.base_model import SMALL_DECODER
from evaluation.demo.configs import LORA, config
from evaluation.demo.pip_download import FetchFailed, pip_download, write_whole
from evaluation.demo.recipe import Recipe
from training_worker.contract.text import normal_form

from .bundle import FETCHED, Row, Sizes, run, write_rows

PACKAGE, VERSION = "chatterbot_corpus", "1.3.3"
WHEEL_SHA256 = "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154"
MEMBERS, FILE = "chatterbot_corpus/data/english/", "conversations.json"
FILE_SHA256 = "464d1b5497595e5036b08221726ada54bba449d7b19a3020f900b76905b6793b"
MAX_BYTES = 4 * 2**20
ORIGIN = {
    "what": "Questions and answers of a chat bot",
    "file": FILE,
    "sha256": FILE_SHA256,
    "package": f"{PACKAGE} {VERSION} on PyPI, wheel, {MEMBERS}",
    "package_sha256": WHEEL_SHA256,
    "license": "BSD-3-Clause",
    "citation": "G. Cox and contributors: ChatterBot corpus.",
}
MODEL = SMALL_DECODER.slug
SIZES = Sizes(train=400, validation=40, test=100)
LONGEST_ASKED, LONGEST_SAID = 120, 80
"""Characters of all that was said before, and of an answer."""

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "small-talk",
    "title": "What does the bot say?",
    "summary": "Answer as a chat bot does that was written by hand.",
    "description": f"""Each item is a conversation with a chat bot: write what it says next. The score is chrF, the
overlap of characters with what it said.

**Data.** {SIZES.train} conversations to train on, {SIZES.validation} to validate, {SIZES.test} hidden ones to test.
""",
    "task": "text-generation",
    "primary_metric": "chrf",
    "max_new_tokens": 96,
    "limits": {
        "base_models": [MODEL],
        "methods": ["lora", "full"],
        "ranges": {"training.max_length": {"min": 32, "max": 256}},
        "budget": {"max_steps": 2000, "max_seconds": 600.0, "max_memory_mb": 8192},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


def fetch(folder: Path) -> Path:
    """The path of the conversations below `folder`, downloaded if need be. Raises `FetchFailed`."""
    path = folder / FILE
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == FILE_SHA256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        wheel = pip_download(PACKAGE, VERSION, WHEEL_SHA256, Path(name), kind=("--only-binary", PACKAGE))
    body = json.dumps(list(unpack(wheel)), ensure_ascii=False).encode()
    if hashlib.sha256(body).hexdigest() != FILE_SHA256:
        raise FetchFailed(f"The conversations of {PACKAGE} {VERSION} are not the expected ones: their sha256 is wrong.")
    write_whole(folder / "ORIGIN.json", json.dumps(ORIGIN, indent=2).encode())
    write_whole(path, body)
    return path


def unpack(wheel: bytes) -> Iterator[list[str]]:
    """What was said in each conversation, one after another. Raises `FetchFailed` where the package has none."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith(MEMBERS) and name.endswith(".yml"))
        if not names:
            raise FetchFailed(f"{PACKAGE} {VERSION} has no {MEMBERS}.")
        for name in names:
            with archive.open(name) as file:
                found = yaml.safe_load(file.read(MAX_BYTES))
            for said in found["conversations"]:
                if all(isinstance(one, str) and one.strip() for one in said):
                    yield [" ".join(one.split()) for one in said]


def rows_of(conversations: Iterable[list[str]]) -> list[Row]:
    """The first answer to what was said before, as far as both are short; of what people read as the same, the first.
    In an order of their own."""
    found: dict[str, Row] = {}
    for asked, *answers in conversations:
        if answers and len(asked) <= LONGEST_ASKED and len(answers[0]) <= LONGEST_SAID:
            key = hashlib.sha256(f"small talk {asked}".encode()).hexdigest()
            messages = [{"role": "user", "content": asked}]
            row = {"id": f"c{key[:12]}", "messages": messages, "response": answers[0]}
            found.setdefault(normal_form(asked), row)
    return sorted(found.values(), key=lambda row: str(row["id"]))


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    conversations = json.loads(fetch(FETCHED / "small-talk").read_bytes())
    write_rows(folder, CHALLENGE_YAML, rows_of(conversations), target="response", sizes=SIZES)


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=SMALL_DECODER,
    make=make,
    kind="mechanics",
    configs=(
        config(MODEL, LORA, 1e-2, 3, max_length=160),
        config(MODEL, "full", 3e-3, 3, max_length=160),
    ),
    baseline=config(MODEL, "full", 3e-3, 1, max_length=160),
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
