"""`manage.py make_bundle`: what is said at the terminal, and that nothing is overwritten."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hackathon.bundles.reading import inspect_bundle
from tests.hackathon.conversion.making import csv_of, rows, write


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


def called(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("make_bundle", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_bundle_is_made_with_what_is_left_to_decide_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "films.csv", csv_of(100, "review,stars").replace(",good", ",5").replace(",bad", ",1"))
    out, _err = called(str(tmp_path / "My Films"), str(path), "--task", "text-classification", "--split", "6/2/2")
    assert out.splitlines()[0] == f"{tmp_path / 'My Films'}: train 60, validation 20, test 20"
    assert out.splitlines()[1] == "text=review  label=stars"
    text = (tmp_path / "My Films" / "challenge.yaml").read_text()
    for key in ("slug: my-films ", "title:", "summary:", "base_models:", "license:", "source:"):
        assert any(line.strip().startswith(key) and "TODO" in line for line in text.splitlines()), key
    spec = inspect_bundle(tmp_path / "My Films").spec.challenge
    assert spec is not None
    assert (spec.task, spec.primary_metric) == ("text-classification", "accuracy")


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "films.csv", csv_of(40))
    (tmp_path / "bundle").mkdir()
    with pytest.raises(CommandError, match="is there already: name a new folder"):
        called(str(tmp_path / "bundle"), str(path), "--task", "text-classification")
    assert list((tmp_path / "bundle").iterdir()) == []


def test_problems_are_listed_by_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path / "films.csv", csv_of(40) + "A film without a label.,\n")
    with pytest.raises(CommandError, match=r"Nothing was written: 1 problem.\nfilms.csv:42: The column “label” has no"):
        called(str(tmp_path / "bundle"), str(path), "--task", "text-classification")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--split", "80/20"], "write three numbers above 0"),
        (["--split", "80/20/0"], "write three numbers above 0"),
        (["--columns", "review"], "write ours=theirs"),
        (["--task", "poetry"], "invalid choice: 'poetry'"),
        (["dev=nowhere.csv"], "there is no file or folder dev=nowhere.csv"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(tmp_path: Path, more: list[str], told: str) -> None:
    path = write(tmp_path / "films.csv", csv_of(40))
    with pytest.raises(CommandError, match=told):
        called(str(tmp_path / "bundle"), str(path), *more, *([] if "--task" in more else ["--task", "text-regression"]))


def test_the_split_of_a_source_can_be_named(tmp_path: Path) -> None:
    train, test = write(tmp_path / "a.csv", csv_of(40)), write(tmp_path / "b.csv", csv_of(9).replace("Film", "Play"))
    called(str(tmp_path / "bundle"), f"train={train}", f"test={test}", "--task", "text-classification")
    assert len(rows(tmp_path / "bundle", "test")) == 9
