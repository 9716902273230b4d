"""The challenge "What was said?": numbers, days and letters over the telephone. A synthesiser speaks what models train
on; what they are tested on is a person's voice, that of the Asterisk telephone exchange.

python -m evaluation.demo.datasets.spoken_numbers FOLDER

The voice is in a Debian package that is unpacked, not installed; the synthesiser is Debian's espeak-ng, which must be.
"""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

from evaluation.demo.configs import config
from evaluation.demo.pip_download import TIMEOUT_SECONDS, FetchFailed
from evaluation.demo.recipe import Recipe

from .bundle import FETCHED, Sizes, run, write_rows
from .debian import fetch_package
from .spoken_languages import LICENSE, MODEL, PACKAGES, PLACE, VERSION, WHISPER_5S

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
DAYS = "sunday monday tuesday wednesday thursday friday saturday"
MONTHS = "january february march april may june july august september october november december"
LETTERS = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike oscar papa quebec romeo sierra "
    "tango uniform victor whiskey x-ray yankee zulu"
)
RECORDED = (
    {word: f"digits/{number}.wav" for number, word in enumerate(UNITS.split())}
    | {word: f"digits/{10 * (number + 2)}.wav" for number, word in enumerate(TENS.split())}
    | {word: f"digits/day-{number}.wav" for number, word in enumerate(DAYS.split())}
    | {word: f"digits/mon-{number}.wav" for number, word in enumerate(MONTHS.split())}
    | {word: f"phonetic/{word[0]}_p.wav" for word in LETTERS.split()}
    | {word: f"digits/{word}.wav" for word in ("hundred", "thousand", "today", "tomorrow", "yesterday")}
)
"""By word: its recording in the package."""
RATE = 8000
PAUSE = 0.12
"""Seconds between two words."""
LONGEST = 4.8
"""Seconds: what a window of 5 s holds."""
VOICES = tuple(f"{accent}+{voice}" for accent in ("en-us", "en-gb") for voice in ("m1", "m3", "m7", "f1", "f3", "f4"))
LAST_VOICES = ("en-us+f2", "en-us+m2")
"""Of validation alone."""
SIZES = Sizes(train=600, validation=150, test=500)
MAX_STEPS, MAX_SECONDS = 500, 900.0
Wave = npt.NDArray[np.float64]

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "telephone",
    "title": "What was said?",
    "summary": "Write down numbers, days and letters that somebody says over the telephone.",
    "description": f"""Each item is a sound of up to {LONGEST:g} s: two to five words, numbers, days, months and letters
of the spelling alphabet. Write them down.

**Data.** {SIZES.train:,} sounds to train on and {SIZES.validation} to validate were spoken by a synthesiser with
several voices; the {SIZES.test:,} hidden test ones, of which 30 % make the public score, are of a person's voice.
References are words in lower case, numbers too: `three one four`.

**Score.** Word error rate: words that were put in, left out or taken for others, by the number of words said.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The recordings are those of Asterisk, spoken by Allison Smith, under {LICENSE}. They are public, as a demo's data may
be.
""",
    "task": "automatic-speech-recognition",
    "primary_metric": "wer",
    "limits": {
        "base_models": [MODEL],
        "methods": ["lora", "full"],
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 6144},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": LICENSE,
    "source": f"Package asterisk-core-sounds-en-wav {VERSION} of Debian: prompts of Asterisk (Digium, Inc.), spoken by "
    "Allison Smith. Training and validation: spoken by espeak-ng.",
}


@dataclass(frozen=True)
class Utterance:
    text: str
    wave: Wave

    @property
    def key(self) -> str:
        """Id and file name: nothing of it is the text."""
        return hashlib.sha256(f"telephone {self.text} {len(self.wave)}".encode()).hexdigest()[:12]

    def flac(self) -> bytes:
        file = io.BytesIO()
        soundfile.write(file, self.wave, RATE, format="FLAC", subtype="PCM_16")
        return file.getvalue()


def phrases(seed: int) -> Iterator[str]:
    """Without end and without one twice."""
    rng, seen, words = random.Random(seed), set(), sorted(RECORDED)
    while True:
        phrase = " ".join(rng.choices(words, k=rng.randint(2, 5)))
        if phrase not in seen:
            seen.add(phrase)
            yield phrase


def recorded(folder: Path, phrase: str) -> Wave:
    """The words of the voice in `folder`, one behind the other."""
    waves = [soundfile.read(folder / RECORDED[word])[0] for word in phrase.split()]
    pause = np.zeros(round(PAUSE * RATE))
    return np.concatenate([part for wave in waves for part in (wave, pause)][:-1])


def synthesised(text: str, voice: str) -> Wave:
    """By espeak-ng. Raises `FetchFailed` where there is none."""
    if shutil.which("espeak-ng") is None:
        raise FetchFailed("The training sounds are spoken by espeak-ng: apt-get install espeak-ng, then try again.")
    command = ["espeak-ng", "-v", voice, "-s", "150", "--stdout", text]
    done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        raise FetchFailed(f"espeak-ng failed: {done.stderr.decode(errors='replace').strip()}")
    body = done.stdout  # the size in its header is that of a stream without end
    size = len(body) - 8
    wave, rate = soundfile.read(
        io.BytesIO(body[:4] + size.to_bytes(4, "little") + body[8:40] + (size - 36).to_bytes(4, "little") + body[44:])
    )
    resampled: Wave = resample_poly(wave, RATE // 50, rate // 50)
    return resampled


def listed(phrase: str) -> str:
    """With a short pause between the words."""
    return ", ".join(phrase.split())


def utterances(found: Iterator[str], speak: Callable[[str, int], Wave], count: int) -> list[Utterance]:
    """The first `count` that are short enough."""
    chosen: list[Utterance] = []
    for phrase in found:
        wave = speak(phrase, len(chosen))
        if len(wave) <= LONGEST * RATE:
            chosen.append(Utterance(phrase, wave))
        if len(chosen) == count:
            break
    return chosen


def write_bundle(folder: Path, chosen: list[Utterance]) -> None:
    """Write the bundle into `folder`: those to train on, to validate and to test, in this order."""
    rows = [{"id": f"u{one.key}", "audio": f"{one.key}.flac", "text": one.text} for one in chosen]
    write_rows(folder, CHALLENGE_YAML, rows, target="text", sizes=SIZES)
    (folder / "files").mkdir(exist_ok=True)
    for one in chosen:
        (folder / "files" / f"{one.key}.flac").write_bytes(one.flac())


def make(folder: Path) -> None:
    """Fetch what is not there yet, speak, and write the bundle."""
    voice, sha256 = PACKAGES["en"]
    fetched = fetch_package("asterisk-core-sounds-en-wav", VERSION, sha256, FETCHED / "asterisk-sounds-en")
    found = phrases(seed=1)
    write_bundle(
        folder,
        [
            *utterances(found, lambda phrase, n: synthesised(listed(phrase), VOICES[n % len(VOICES)]), SIZES.train),
            *utterances(found, lambda phrase, n: synthesised(listed(phrase), LAST_VOICES[n % 2]), SIZES.validation),
            *utterances(found, lambda phrase, n: recorded(fetched / PLACE / voice, phrase), SIZES.test),
        ],
    )


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=WHISPER_5S,
    make=make,
    configs=(
        config(MODEL, {"name": "lora", "r": 8, "target_modules": "attention"}, 1e-3, 1, 8),
        config(MODEL, "full", 5e-5, 1, 8),
    ),
    baseline=config(MODEL, "full", 1e-5, 1, 8),
)


if __name__ == "__main__":
    sys.exit(run(make))
