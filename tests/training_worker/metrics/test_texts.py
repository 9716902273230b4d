"""Texts against sacrebleu and rouge_score, and what else is asked of an output."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.contract.metrics import METRICS
from training_worker.contract.report import ExampleKind
from training_worker.contract.tasks.spec import LONGEST_ANSWER
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.texts import TextOutput

OUTPUT = TextOutput()
SACREBLEU = {"bleu": BLEU(), "chrf": CHRF(), "ter": TER()}
ROUGE = ("rouge1", "rouge2", "rougeL")
Texts = list[str]
quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A first call loads tables of sacrebleu."""

WORDS = ("the", "The", "cat", "cats", "sat", "on", "a", "mat.", "don't", "x_y", "3,000", "café", "—")
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
ascii_texts = st.lists(st.sampled_from([word for word in WORDS if word.isascii()]), max_size=9).map(" ".join)
pairs = st.lists(st.tuples(texts, texts), min_size=1, max_size=8).map(
    lambda found: ([truth for truth, _answer in found], [answer for _truth, answer in found])
)


def value(metric: str, truth: Texts, answers: Texts) -> float:
    return OUTPUT.value(metric, truth, answers, ())


def sample(seed: int, n: int = 40) -> tuple[Texts, Texts]:
    generator = np.random.default_rng(seed)
    truth = [list(generator.choice(WORDS, generator.integers(1, 10))) for _ in range(n)]
    answers = [[word if generator.random() < 0.7 else generator.choice(WORDS) for word in row] for row in truth]
    return [" ".join(row) for row in truth], [" ".join(row) for row in answers]


@pytest.mark.parametrize("metric", SACREBLEU)
@quick
@given(case=pairs)
def test_values_are_sacrebleus(metric: str, case: tuple[Texts, Texts]) -> None:
    truth, answers = case
    assert value(metric, truth, answers) == SACREBLEU[metric].corpus_score(answers, [truth]).score


@pytest.mark.parametrize("metric", SACREBLEU)
def test_errors_draws_are_sacrebleus_scores_of_drawn_items(metric: str) -> None:
    truth, answers = sample(1)
    generator = np.random.default_rng(0)
    drawn = [generator.integers(0, 40, 40) for _ in range(800)]
    slow = [value(metric, OUTPUT.take(truth, one), OUTPUT.take(answers, one)) for one in drawn]
    estimate = OUTPUT.estimate(metric, truth, answers, ())
    assert estimate.value == value(metric, truth, answers)
    assert estimate.se == pytest.approx(np.std(slow), rel=0.1)


@quick
@given(st.lists(st.tuples(ascii_texts.filter(bool), ascii_texts), min_size=1, max_size=6))
def test_values_are_rouge_scores(case: list[tuple[str, str]]) -> None:
    scorer = RougeScorer(list(ROUGE), use_stemmer=False)
    theirs = [scorer.score(truth, answer) for truth, answer in case]
    for metric in ROUGE:
        mean = np.mean([one[metric].fmeasure for one in theirs])
        assert value(metric, *map(list, zip(*case, strict=True))) == pytest.approx(mean)


@pytest.mark.parametrize("metric", [name for name in OUTPUT.metrics if name not in ("wer", "cer")])
@quick
@given(case=pairs)
@example(case=(["the the mat.", "the"], ["the", "the"]))
def test_no_answer_is_never_better_than_a_wrong_one_of_as_many_words(metric: str, case: tuple[Texts, Texts]) -> None:
    """Of error rates it has 1, as everywhere in the field, and wrong words of other lengths may have more. To BLEU a
    full stop is a word."""
    truth, answers = case
    words = BLEU().tokenizer(truth[0]).split() if metric == "bleu" else truth[0].split()
    wrong = [" ".join("ŋ" * len(word) for word in words), *answers[1:]]
    sign = METRICS[metric].sign
    for silence in ("", "  \n", "x" * (LONGEST_ANSWER + 1)):
        assert sign * value(metric, truth, [silence, *answers[1:]]) <= sign * value(metric, truth, wrong) + 1e-9


@pytest.mark.parametrize("metric", OUTPUT.metrics)
def test_right_and_missing_answers_are_the_ends_of_a_metric(metric: str) -> None:
    truth = ["the cat sat on the mat", "a dog ate my homework"]
    ends = (value(metric, truth, truth), value(metric, truth, ["", ""]))
    assert ends == pytest.approx(
        {"bleu": (100, 0), "chrf": (100, 0), "ter": (0, 100), "wer": (0, 1), "cer": (0, 1)}.get(metric, (1, 0))
    )


@pytest.mark.parametrize("metric", ["bleu", "chrf", "ter", "rouge1", "rougeL"])
def test_chinese_counts_by_the_character(metric: str) -> None:
    """Whole sentences would be one word each, or for rouge_score none."""
    spec, truth = METRICS[metric], ["我们今天去学校上课", "他喜欢吃苹果和梨子"]
    near = value(metric, truth, ["我们今天去学校上班", "他喜欢吃苹果和橘子"])
    far = value(metric, truth, ["天气很好", "你叫什么名字"])
    assert spec.gain(near, far) > 0.5 * (spec.high or 100.0)
    if metric == "bleu":
        theirs = BLEU(tokenize="zh").corpus_score(["我们今天去学校上班", "他喜欢吃苹果和橘子"], [truth])
        assert near == pytest.approx(theirs.score)


def test_other_scripts_have_words_for_rouge() -> None:
    assert value("rouge1", ["Привет мир"], ["привет, мир!"]) == 1.0
    assert value("rouge1", ["café"], ["cafe"]) == 0.0


def test_exact_match_forgives_white_space_alone() -> None:
    assert value("exact_match", ["a b", "c", "D"], [" a  b\n", "C", "D"]) == pytest.approx(2 / 3)


def test_long_texts_are_compared_without_shifted_blocks() -> None:
    """With them one item takes seconds; the value is never less."""
    words = [f"w{number}" for number in range(200)]
    truth, moved = " ".join(words), " ".join([*words[100:], *words[:100]])
    assert value("ter", [truth], [truth]) == 0.0
    assert value("ter", [truth], [moved]) == 100.0
    assert value("ter", ["a b c d e f"], ["d e f a b c"]) == pytest.approx(100 / 6)


def test_one_item_allows_no_estimate() -> None:
    assert OUTPUT.estimate("bleu", ["a"], ["a"], ()).se == 50.0
    assert OUTPUT.estimate("rougeL", ["a", "b"], ["a", "b"], (), np.array([0, 0])).se == 0.5


def test_dummy_is_the_most_frequent_text() -> None:
    assert OUTPUT.dummy(["b", "a", "b"], ()) == ["b", "b", "b"]
    assert OUTPUT.dummy(["b", "a"], ()) == ["b", "b"]


def test_truth_must_be_texts_that_can_be_answered() -> None:
    with pytest.raises(ValueError, match=r"^4 values are not texts of 1 to 4000 characters$"):
        OUTPUT.read_truth(["canary", "", " ", None, "x" * 4001], ())


def test_items_sum_up_to_the_value() -> None:
    truth, answers = sample(2)
    kept = OUTPUT.items(truth, answers, ())
    assert kept.keys() == set(OUTPUT.metrics)
    assert BLEU()._compute_score_from_stats(kept["bleu"].sum(axis=0).tolist()).score == value("bleu", truth, answers)
    assert kept["rougeL"][:, 0].mean() == pytest.approx(value("rougeL", truth, answers))


def test_other_metrics_are_refused() -> None:
    with pytest.raises(KeyError):
        value("accuracy", ["a"], ["a"])


IDS = ["a", "b"]


def _read(content: bytes) -> Texts:
    return OUTPUT.read_answers(split_lines(content), IDS, ["x", "y"], ())


def test_what_is_written_is_read_again() -> None:
    answers = ["", 'two\nlines\t"and" 引号\u2028']
    written = OUTPUT.lines(IDS, answers, ())
    assert json.loads(written[0]) == {"id": "a", "text": None}
    assert _read("\n".join(reversed(written)).encode()) == answers


def test_odd_answers_are_written_so_that_they_are_taken() -> None:
    written = OUTPUT.lines(IDS, ["a\x00b\ud800", "x" * (LONGEST_ANSWER + 1)], ())
    assert _read("\n".join(written).encode()) == ["a\ufffdb\ufffd", ""]


def _rows(**changes: Any) -> list[Any]:
    return [{"id": item, "text": text} for item, text in ({"b": "one", "a": None} | changes).items()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing ids: 2"),
        (jsonl(_rows()[:1]), "missing ids: 1"),
        (jsonl([*_rows(), *_rows()]), "doubled ids: 2"),
        (jsonl([*_rows(), {"id": "c", "text": "canary"}]), "unknown ids: 1"),
        (jsonl(_rows(a=1)), "missing ids: 1; not a prediction: 1"),
        (jsonl(_rows(a=["canary"])), "missing ids: 1; not a prediction: 1"),
        (jsonl([{"id": "a", "text": "x"}, {"id": "b", "value": 1}]), "missing ids: 1; not a prediction: 1"),
        (b'{"id": "a", "text": "\\u0000"}\n{"id": "b", "text": "x"}', "missing ids: 1; not a prediction: 1"),
    ],
)
def test_what_is_wrong_is_named_and_counted(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        _read(content)
    assert str(caught.value) == message


@quick
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        _read(content)


TRUTH = ["the cat sat", "a dog ran", "birds fly high"]
TUNED = ["the cat sat", "", "birds flew high"]
BASE = ["the cow sat", "a dog ran", ""]


def report(base: Texts | None = BASE, metrics: tuple[str, ...] = ("bleu", "chrf")) -> Any:
    rows = [{"id": f"val-{n}", "source": f"source {n}"} for n in range(3)]
    return output_of("text", metrics).report(rows, ["source"], TRUTH, TUNED, base, (), metrics)


def test_examples_go_by_the_first_metric_that_tells_items_apart() -> None:
    made = report()
    groups = {group.kind: [example.id for example in group.examples] for group in made.groups}
    assert groups == {
        ExampleKind.LARGEST_ERROR: ["val-1", "val-2"],
        ExampleKind.SMALLEST_ERROR: ["val-0"],
        ExampleKind.IMPROVED: ["val-0", "val-2"],
        ExampleKind.REGRESSED: ["val-1"],
    }
    silent, near = made.groups[0].examples
    assert (silent.target, silent.predicted, silent.base_predicted, silent.error) == ("a dog ran", None, "a dog ran", 1)
    assert near.error == pytest.approx(1 - value("chrf", ["birds fly high"], ["birds flew high"]) / 100)
    by_edits = report(metrics=("ter", "chrf")).groups[0].examples[1]
    assert by_edits.error == pytest.approx(1 / 3)


def test_a_right_answer_is_no_error_even_where_most_are_right() -> None:
    rows = [{"id": f"val-{n}", "source": "s"} for n in range(3)]
    made = OUTPUT.report(rows, ["source"], TRUTH, TRUTH, BASE, (), ["chrf"])
    ids = {group.kind: {example.id for example in group.examples} for group in made.groups}
    assert (ids[ExampleKind.LARGEST_ERROR], len(ids[ExampleKind.SMALLEST_ERROR])) == (set(), 3)
    made = OUTPUT.report(rows, ["source"], TRUTH, ["", *TRUTH[1:]], BASE, (), ["chrf"])
    assert [example.id for example in made.groups[0].examples] == ["val-0"]


def test_one_answer_to_all_is_a_collapse() -> None:
    rows = [{"id": f"val-{n}", "source": "s"} for n in range(3)]
    made = OUTPUT.report(rows, ["source"], TRUTH, ["same"] * 3, None, (), ["bleu"])
    assert made.collapse is not None
    assert (made.collapse.answer, made.collapse.share) == ("same", 1.0)
    assert report().collapse is None
