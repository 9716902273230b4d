"""CSV and TSV into bundles, as spreadsheets and pandas write them, and what is wrong with them by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hackathon.bundles.reading import inspect_bundle
from hackathon.conversion.reading import Form, Source
from tests.hackathon.conversion.making import all_rows, csv_of, make, problems, rows, write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_csv_file_becomes_a_bundle_without_a_problem(tmp_path: Path, encoding: str, ends: str) -> None:
    text = csv_of(40) + '"Two\nlines, and a “quote”",good\n'
    made = make(tmp_path / "bundle", write(tmp_path / "films.csv", text.replace("\n", ends), encoding))
    found = inspect_bundle(tmp_path / "bundle")
    assert [str(problem) for problem in found.problems.all()] == []
    assert found.bundle is not None
    assert found.bundle.labels == ("bad", "good")
    assert sum(made.counts.values()) == len(all_rows(tmp_path / "bundle")) == 41
    assert "Two\nlines, and a “quote”" in {row["text"] for row in all_rows(tmp_path / "bundle")}


def test_columns_are_guessed_or_told(tmp_path: Path) -> None:
    text = "uuid\tReview\tSentiment\tyear\n" + "".join(f"n{n}\tFilm {n}.\t{n % 2}\t1990\n" for n in range(30))
    path = write(tmp_path / "films.tsv", text)
    made = make(tmp_path / "guessed", path)
    assert made.columns == {"id": "uuid", "text": "Review", "label": "Sentiment"}
    assert made.notes == ["Columns that were left out: year."]
    made = make(tmp_path / "told", path, told={"id": "", "slice": "year"})
    assert all(row["slice"] == "1990" and row["id"].startswith("r") for row in rows(tmp_path / "told", "train"))


def test_numbers_are_read_from_their_text(tmp_path: Path) -> None:
    text = "text,rating\n" + "".join(f"Film {n}.,{n}.5\n" for n in range(30))
    make(tmp_path / "bundle", write(tmp_path / "films.csv", text), task="text-regression")
    assert {row["label"] for row in all_rows(tmp_path / "bundle")} == {n + 0.5 for n in range(30)}


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    text = csv_of(20, "id,text,label").replace("\nFilm", "\nx,Film").split("\n")
    lines = [text[0], *(line.replace("x,", f"n{number},") for number, line in enumerate(text[1:-1]))]
    lines[3] = "n2,Film without a label.,"
    lines[5] = "n4,Film, with a comma too many.,good"
    lines[7] = "n5,Film of a second number five.,good"
    lines[9] = "n 8,Film with a strange id.,good"
    found = problems(tmp_path / "bundle", write(tmp_path / "films.csv", "\n".join(lines)))
    assert found == [
        "films.csv:4: The column “label” has no value here.",
        "films.csv:6: This row has 4 cells, the first line names 3 columns.",
        "films.csv:8: The id “n5” is used already: films.csv:7.",
        "films.csv:10: An id is 1 to 100 letters, digits or . _ : -, and begins with a letter or digit.",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("text;label\nA film.;good\n", "films.csv:1: The first line has one column only: is the delimiter another "
         "one? Try --delimiter semicolon."),
        ("text,text\nA,B\n", "films.csv:1: The column “text” is there twice."),
        ("", "films.csv: The file is empty."),
        ("title,stars\nA film.,5\n", "--columns: No column looks like “text”. Name it by --columns text=…; there "
         "are: title, stars."),
        ('text,label\nA film.,good\n"A film,bad\n', "films.csv:3: The quotation marks or the length of this row are "
         "wrong (unexpected end of data); nothing below was read."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, told: str) -> None:
    assert told in problems(tmp_path / "bundle", write(tmp_path / "films.csv", text))


def test_a_file_in_latin_1_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path / "films.csv", "text,label\nA film.,good\nUn café.,bad\n", "latin-1")
    assert problems(tmp_path / "bundle", path) == [
        "films.csv:3: This line is not valid UTF-8 text: save the file as UTF-8."
    ]


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = write(tmp_path / "films.csv", csv_of(30))
    assert problems(tmp_path / "bundle", path, told={"text": "body", "words": "text"}) == [
        "--columns: The task has no column “words”. It has: id, text, text_pair, label, group, slice.",
        "--columns: There is no column “body”. There are: text, label.",
    ]


def test_the_delimiter_can_be_told(tmp_path: Path) -> None:
    path = write(tmp_path / "films.csv", csv_of(30).replace(",", ";"))
    make(tmp_path / "bundle", path, form=Form(delimiter="semicolon"))
    assert len(all_rows(tmp_path / "bundle")) == 30


def test_files_can_be_the_splits(tmp_path: Path) -> None:
    train, test = write(tmp_path / "a.csv", csv_of(40)), write(tmp_path / "b.csv", csv_of(20).replace("Film", "Play"))
    make(tmp_path / "bundle", Source(train, "train"), Source(test, "test"))
    assert {row["text"].split()[0] for row in rows(tmp_path / "bundle", "test")} == {"Play"}
    counts = [len(rows(tmp_path / "bundle", name)) for name in ("train", "validation", "test")]
    assert counts[2] == 20
    assert counts[0] + counts[1] == 40
    assert 3 <= counts[1] <= 5


def test_an_answer_that_leaks_is_told_at_its_source(tmp_path: Path) -> None:
    train, test = (
        write(tmp_path / "a.csv", csv_of(40)),
        write(tmp_path / "b.csv", "text,label\nFILM number 3 was  fine.,bad\n"),
    )
    (told,) = problems(tmp_path / "bundle", Source(train, "train"), Source(test, "test"))
    assert (
        told
        == "b.csv:2: The input at a.csv:5, with its label, differs in case, spaces, invisible characters or order only."
    )


def test_a_table_of_ratings_becomes_a_bundle(tmp_path: Path) -> None:
    """As MovieLens has them: numbers for names, and a time that nobody needs."""
    pairs = [(user, movie) for user in range(1, 9) for movie in range(1, 16)]
    lines = [f"{user},{movie},{1 + (user * movie) % 5}.0,96498{movie}" for user, movie in pairs]
    path = write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n")
    made = make(tmp_path / "bundle", path, task="recommendation")
    assert made.columns == {"user": "userId", "item": "movieId", "rating": "rating"}
    found = {(row["user"], row["item"]): row["rating"] for row in all_rows(tmp_path / "bundle")}
    assert found == {(str(user), str(movie)): 1.0 + (user * movie) % 5 for user, movie in pairs}
    assert inspect_bundle(tmp_path / "bundle").bundle is not None


def test_a_pair_that_is_rated_twice_is_told_by_its_lines(tmp_path: Path) -> None:
    lines = [f"u{n % 7},i{n},{n % 5}" for n in range(60)] + ["u3,i3,2"]
    path = write(tmp_path / "ratings.csv", "user,item,score\n" + "\n".join(lines) + "\n")
    (found,) = problems(tmp_path / "bundle", path, task="recommendation")
    assert "The same user + item is at ratings.csv:" in found
