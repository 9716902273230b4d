"""Sounds of a bundle: decoded whole, of bearable length, sample rate and number of channels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hackathon.bundles import audio
from hackathon.bundles.audio import audio_problem, seconds_of
from hackathon.bundles.reading import inspect_bundle
from hackathon.services.import_challenge import import_challenge
from tests.factories import BaseModelFactory, HackathonFactory
from tests.hackathon.bundles.pictures import edit
from tests.hackathon.bundles.sounds import sound, sounds
from tests.hackathon.bundles.test_reading import problems_of

__all__ = ["sounds"]

FORMATS = ("wav", "flac", "ogg", "mp3")
NAME = "the name of a .wav, .flac, .ogg or .mp3 file: at most 100 letters, digits or . _ -"


def test_a_bundle_with_sounds_has_no_problem_and_knows_how_long_they_last(sounds: Path) -> None:
    assert problems_of(sounds) == []
    bundle = inspect_bundle(sounds).bundle
    assert bundle is not None
    assert [round(bundle.media[f"train-{n}.{FORMATS[n % 4]}"].seconds, 3) for n in range(3)] == [0.4, 0.6, 0.8]


@pytest.mark.parametrize("name", ["a.png", "../a.wav", "a.wav.exe", "a.aiff", "", 5])
def test_a_name_is_a_plain_file_name_of_a_known_ending(sounds: Path, name: object) -> None:
    edit(sounds / "train.jsonl", 1, audio=name)
    assert f"train.jsonl:1: The value of “audio” must be {NAME}." in problems_of(sounds)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (48_000, 1)])
def test_every_format_is_accepted(ending: str, rate: int, channels: int) -> None:
    body = sound(ending, rate=rate, channels=channels)
    assert audio_problem(f"a.{ending}", body) == audio_problem(f"a.{ending.upper()}", body) == ""
    assert seconds_of(body) == pytest.approx(0.4, abs=0.05)


REFUSED: list[tuple[bytes, str]] = [
    (sound(seconds=0), "The sound is shorter than 0.1 s."),
    (sound(seconds=0.09), "The sound is shorter than 0.1 s."),
    (sound("flac", seconds=600.1, rate=8_000, tone=0.0), "The sound is longer than 600 s."),
    (sound(rate=7_999), "The sample rate is 7999 Hz; it must be from 8000 to 48000 Hz."),
    (sound(rate=96_000), "The sample rate is 96000 Hz; it must be from 8000 to 48000 Hz."),
    (sound(channels=3), "The sound has 3 channels; it may have 2."),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_sound_out_of_bounds_is_refused_with_its_line(sounds: Path, body: bytes, message: str) -> None:
    ending = "flac" if body.startswith(b"fLaC") else "wav"
    (sounds / "files" / f"odd.{ending}").write_bytes(body)
    edit(sounds / "validation.jsonl", 3, audio=f"odd.{ending}")
    assert problems_of(sounds)[-1] == f"validation.jsonl:3: {message}"


def test_eight_hours_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*args: object, **options: object) -> None:
        raise AssertionError("decoded")

    silence = sound("flac", seconds=8 * 3600, rate=8_000, tone=0.0)
    assert len(silence) < 2**20, "a bomb: a few bytes, hours of sound"
    monkeypatch.setattr(audio.soundfile.SoundFile, "blocks", decode)
    assert audio_problem("a.flac", silence) == "The sound is longer than 600 s."


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: b"",
    "text": lambda body: b"<svg onload='alert(1)'/>",
    "half": lambda body: body[: len(body) // 2],
    "end": lambda body: body[:-20],
}


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_what_is_broken_or_cut_is_no_sound(ending: str, spoil: Callable[[bytes], bytes]) -> None:
    assert audio_problem(f"a.{ending}", spoil(sound(ending, seconds=2)))


@pytest.mark.parametrize("ending", FORMATS)
def test_the_ending_tells_the_format(ending: str) -> None:
    for other in FORMATS:
        expected = "" if other == ending else f"The sound file cannot be decoded as {other.upper()}."
        assert audio_problem(f"a.{other}", sound(ending)) == expected


def test_numbers_that_are_none_are_no_sound() -> None:
    body = bytearray(sound(subtype="FLOAT"))
    body[-4:] = np.float32("nan").tobytes()
    assert audio_problem("a.wav", bytes(body)) == "The sound file cannot be decoded as WAV."


def test_too_many_bytes_of_one(sounds: Path) -> None:
    with (sounds / "files" / "train-0.wav").open("ab") as file:
        file.truncate(audio.MAX_BYTES + 1)
    assert problems_of(sounds) == ["train.jsonl:1: The sound file is larger than 32 MiB."]


@pytest.mark.django_db
def test_import_counts_seconds_and_costs(sounds: Path) -> None:
    BaseModelFactory(slug="tiny-speech", facts={"family": "speech", "tasks": ["audio-classification"], "layers": []})
    data = import_challenge(folder=sounds, hackathon=HackathonFactory()).data
    assert data.mean_cost == pytest.approx(9.0, abs=0.5), "in tenths of a second: 0.4 … 1.4 s"
    seconds = data.facts["train"]["seconds"]
    assert (seconds["minimum"], seconds["maximum"]) == (pytest.approx(0.4), pytest.approx(1.4, abs=0.05))
    assert sum(seconds["counts"]) == 6
    assert data.facts["train"]["lengths"] is None
