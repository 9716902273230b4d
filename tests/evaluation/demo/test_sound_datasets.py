"""Recorded and synthesised speech: what is taken of a package's sounds, and of a synthesiser's."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from evaluation.demo.datasets import debian, spoken_languages, spoken_numbers
from evaluation.demo.pip_download import FetchFailed
from tests.hackathon.bundles.sounds import sound


def test_a_prompt_is_one_that_every_language_has(tmp_path: Path) -> None:
    for name, seconds in (("en/a/yes.wav", 0.5), ("en/no.wav", 0.3), ("en/silence/1.wav", 1), ("en/only.wav", 1)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound(seconds=seconds, rate=8000))
    for name in ("a/yes.wav", "no.wav", "silence/1.wav"):
        path = tmp_path / "fr" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound(seconds=1, rate=8000))
    [prompt] = spoken_languages.read_prompts({code: tmp_path / code for code in ("en", "fr")})
    assert prompt.name == "a/yes.wav"
    assert set(prompt.sounds) == {"en", "fr"}


def test_another_debian_package_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(name: str, version: str, folder: Path) -> Path:
        (folder / "a.deb").write_bytes(b"x")
        return folder / "a.deb"

    monkeypatch.setattr(debian, "_download", download)
    monkeypatch.setattr(debian.shutil, "which", lambda name: name)
    with pytest.raises(FetchFailed, match="not the expected package"):
        debian.fetch_package("a", "1", "0" * 64, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_what_was_unpacked_is_not_fetched_again(tmp_path: Path) -> None:
    assert debian.fetch_package("a", "1", "0" * 64, tmp_path) == tmp_path


def test_recorded_words_are_joined_with_a_pause(tmp_path: Path) -> None:
    for word, seconds in (("one", 0.5), ("sunday", 0.25)):
        path = tmp_path / spoken_numbers.RECORDED[word]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound(seconds=seconds, rate=8000))
    wave = spoken_numbers.recorded(tmp_path, "one sunday one")
    assert len(wave) == 8000 * (0.5 + 0.12 + 0.25 + 0.12 + 0.5)
    assert not wave[4000:4960].any()


def test_utterances_are_short_enough_and_none_is_there_twice() -> None:
    found = spoken_numbers.phrases(seed=1)
    chosen = spoken_numbers.utterances(found, lambda phrase, n: np.zeros(len(phrase) * 2000), 40)
    assert len({one.text for one in chosen}) == len({one.key for one in chosen}) == 40
    assert max(len(one.wave) for one in chosen) <= 4.8 * 8000
    assert {len(one.text.split()) for one in chosen} <= {2, 3, 4, 5}


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_synthesised_phrase_is_speech_at_the_rate_of_a_telephone() -> None:
    wave = spoken_numbers.synthesised("one, two", "en-us+m1")
    assert 0.5 * 8000 < len(wave) < 3 * 8000
    assert 0.01 < float(np.abs(wave).mean()) < 0.5


def test_without_a_synthesiser_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken_numbers.shutil, "which", lambda name: None)
    with pytest.raises(FetchFailed, match="apt-get install espeak-ng"):
        spoken_numbers.synthesised("one", "en-us")
