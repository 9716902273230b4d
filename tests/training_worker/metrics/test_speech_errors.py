"""Word and character error rates: jiwer's, of texts without what nobody hears."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training_worker.contract.metrics import METRICS
from training_worker.metrics.speech_errors import Cer, Wer, spoken_words
from training_worker.metrics.texts import TextOutput

OUTPUT = TextOutput(("wer", "cer"))
WORDS = st.lists(st.sampled_from(["one", "two", "three", "a", "ab", "abc"]), min_size=1, max_size=8).map(" ".join)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6))
def test_rates_are_jiwer_s(pairs: list[tuple[str, str]]) -> None:
    truth, heard = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert OUTPUT.value("wer", truth, heard, ()) == pytest.approx(jiwer.wer(truth, heard))
    assert OUTPUT.value("cer", truth, heard, ()) == pytest.approx(jiwer.cer(truth, heard))


@pytest.mark.parametrize(
    ("truth", "heard", "wer"),
    [
        ("three one four", "Three, one; FOUR.", 0.0),
        ("it's late", "It’s late", 0.0),
        ("its late", "it's late", 0.0),
        ("café", "cafe\u0301", 0.0),
        ("three one four", "3 1 4", 1.0),
        ("one two", "one too two", 0.5),
        ("one two", "two", 0.5),
        ("one two", "", 1.0),
        ("one", "one two three", 2.0),
        ("你好吗", "你好", 1 / 3),
        ("…", "…", 0.0),
        ("…", "one", 1.0),
    ],
)
def test_what_counts_as_a_word(truth: str, heard: str, wer: float) -> None:
    assert OUTPUT.value("wer", [truth], [heard], ()) == pytest.approx(wer)


def test_a_rate_is_over_all_words_and_not_a_mean_of_items() -> None:
    truth, heard = ["one two three four", "five"], ["one two three four", "six"]
    assert OUTPUT.value("wer", truth, heard, ()) == pytest.approx(1 / 5)


def test_no_answer_and_one_without_end_are_words_left_out() -> None:
    endless = "one " * 2000
    assert OUTPUT.value("wer", ["one two"], [endless], ()) == OUTPUT.value("wer", ["one two"], [""], ()) == 1.0
    assert Wer().errors(["one two"], [""]).tolist() == Cer().errors(["one two"], [""]).tolist() == [1.0]


def test_an_error_rate_is_better_when_lower_and_knows_its_error() -> None:
    assert {METRICS[name].direction for name in ("wer", "cer")} == {"lower"}
    truth, heard = ["one two", "three four", "five", "six"] * 20, ["one too", "three four", "five", "6"] * 20
    estimate = OUTPUT.estimate("wer", truth, heard, ())
    assert estimate.value == pytest.approx(1 / 3)
    assert 0.02 < estimate.se < 0.06


def test_examples_are_ordered_by_their_own_rate() -> None:
    rows = [{"id": name, "audio": f"{name}.wav"} for name in "abc"]
    truth, heard = ["one two", "one two", "one two"], ["one two", "", "one"]
    kept = list(OUTPUT.examples(rows, ["audio"], truth, heard, None, ()))
    assert [one.id for one in kept] == ["b", "c", "a"]
    assert [one.error for one in kept] == [1.0, 0.5, 0.0]


def test_spoken_words() -> None:
    assert spoken_words("Don't — stop, OK?") == ["dont", "stop", "ok"]
