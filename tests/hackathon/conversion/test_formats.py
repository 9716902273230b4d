"""JSON lines, JSON, Parquet, saved data sets, COCO and CoNLL into bundles, good and bad."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from hackathon.bundles.problems import Problems
from hackathon.bundles.reading import inspect_bundle
from hackathon.conversion.coco import read_coco
from hackathon.conversion.conll import to_iob2
from hackathon.conversion.reading import Source
from tests.hackathon.bundles.pictures import picture
from tests.hackathon.conversion.making import all_rows, make, problems, rows, write
from training_worker.contract.tasks import TASKS


def lines(values: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


# --- JSON -------------------------------------------------------------------------------------------------------


def test_json_lines_of_mixed_types_keep_what_is_meant(tmp_path: Path) -> None:
    found: list[dict[str, Any]] = [{"sentence": f"Film {n}.", "label": (1, "1", 2.0, "2")[n % 4]} for n in range(40)]
    make(tmp_path / "bundle", write(tmp_path / "a.jsonl", lines(found)))
    assert {row["label"] for row in all_rows(tmp_path / "bundle")} == {"1", "2"}


def test_json_lines_name_each_line_that_is_wrong(tmp_path: Path) -> None:
    body = lines([{"text": f"Film {n}.", "label": "ab"[n % 2]} for n in range(20)])
    body += '{"text": "A", "label": ["a"]}\n[1]\n{"text": 1\n{"text": "A", "text": "B", "label": "a"}\n{"label": "a"}\n'
    assert problems(tmp_path / "bundle", write(tmp_path / "a.jsonl", body)) == [
        "a.jsonl:21: The value of “label” must be a string.",
        "a.jsonl:22: This line is not a JSON object: each row is one, on a line of its own.",
        "a.jsonl:23: This line is not valid JSON.",
        "a.jsonl:24: A key is in this line twice.",
        "a.jsonl:25: The column “text” has no value here.",
    ]


def test_a_dot_leads_into_an_object(tmp_path: Path) -> None:
    found = [{"translation": {"de": f"Satz {n}.", "en": f"{n}."}, "to": "ab"[n % 2]} for n in range(30)]
    path = write(tmp_path / "a.json", json.dumps(found))
    make(tmp_path / "bundle", path, told={"text": "translation.de", "text_pair": "translation.en", "label": "to"})
    assert {row["text_pair"] for row in all_rows(tmp_path / "bundle")} == {f"{n}." for n in range(30)}


def test_an_ending_that_nobody_knows_and_json_that_is_no_list(tmp_path: Path) -> None:
    assert "Known, also by --format: csv" in problems(tmp_path / "b", write(tmp_path / "a.xlsx", "x"))[0]
    assert "neither a list" in problems(tmp_path / "b", write(tmp_path / "a.json", '{"a": 1}'))[0]
    assert problems(tmp_path / "b", write(tmp_path / "a.json", "[\n1,\n"))[0] == "a.json:3: This is not valid JSON."


# --- Parquet and `datasets` ---------------------------------------------------------------------------------------

CLASSES = {"label": {"names": ["bad", "good", "never"], "_type": "ClassLabel"}}


def parquet(path: Path, columns: dict[str, list[Any]], features: dict[str, Any]) -> Path:
    table = pyarrow.table(columns)
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    pyarrow.parquet.write_table(table.replace_schema_metadata(noted), path)
    return path


def test_class_labels_of_parquet_become_their_names_in_their_order(tmp_path: Path) -> None:
    columns = {"idx": list(range(40)), "text": [f"Film {n}." for n in range(40)], "label": [1, 0] * 20}
    made = make(tmp_path / "bundle", parquet(tmp_path / "a.parquet", columns, CLASSES))
    inspection = inspect_bundle(tmp_path / "bundle")
    assert inspection.bundle is not None
    assert inspection.bundle.challenge.labels == ("bad", "good")
    assert {row["id"]: row["label"] for row in all_rows(tmp_path / "bundle")}["6"] == "good"
    assert made.columns["id"] == "idx"


def test_a_split_without_labels_is_told_and_can_be_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "glue"
    folder.mkdir()
    for name, count, labels in (("train", 40, [0, 1]), ("test", 10, [-1, -1])):
        texts = [f"Film {n} of {name}." for n in range(count)]
        columns = {"idx": list(range(count)), "sentence": texts, "label": labels * (count // 2)}
        parquet(folder / f"{name}-00000-of-00001.parquet", columns, CLASSES)
    (told,) = problems(tmp_path / "bundle", folder)
    assert told.startswith("glue/test-00000-of-00001.parquet:1: This example has no label (-1). --without test leaves")
    made = make(tmp_path / "bundle", folder, left_out=("test",))
    assert made.notes[0] == "The split “test” of glue was left out."
    assert sum(made.counts.values()) == 40


def test_nothing_is_left_where_every_split_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    parquet(tmp_path / "data" / "test.parquet", {"text": ["A film."], "label": [1]}, CLASSES)
    told = problems(tmp_path / "bundle", tmp_path / "data", left_out=("test",))
    assert told == ["--without: Nothing is left to make a bundle of."]


def test_files_of_one_name_in_two_folders_get_ids_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        body = lines([{"text": f"Film {n} of {name}.", "label": "xy"[n % 2]} for n in range(20)])
        write(tmp_path / name / "data.jsonl", body)
    make(tmp_path / "bundle", tmp_path / "a" / "data.jsonl", tmp_path / "b" / "data.jsonl")
    assert len({row["id"] for row in all_rows(tmp_path / "bundle")}) == 40


def test_ids_that_begin_anew_in_every_split_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, count in (("train", 40), ("validation", 10), ("test", 10)):
        columns = {
            "id": list(range(count)),
            "text": [f"{name} {n}" for n in range(count)],
            "label": [0, 1] * (count // 2),
        }
        parquet(folder / f"{name}.parquet", columns, CLASSES)
    assert make(tmp_path / "bundle", folder).counts == {"train": 40, "validation": 10, "test": 10}
    assert {row["id"] for row in rows(tmp_path / "bundle", "test")} == {f"test-{n}" for n in range(10)}


def test_a_file_that_is_no_parquet_says_so(tmp_path: Path) -> None:
    assert "a.parquet: The file cannot be read" in problems(tmp_path / "b", write(tmp_path / "a.parquet", "PAR1 x"))[0]


SAVE = """
import PIL.Image, sys
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, List, Value
features = Features({"words": List(Value("string")), "ner_tags": List(ClassLabel(names=["O", "B-PER"]))})
def split(name, count):
    rows = {"words": [["Ada", "saw", f"{name}{n}"] for n in range(count)], "ner_tags": [[1, 0, 0]] * count}
    return Dataset.from_dict(rows, features=features)
DatasetDict({"train": split("a", 40), "test": split("b", 20)}).save_to_disk(sys.argv[1] + "/dict")
pictures = [PIL.Image.new("L", (8, 8), 5 * n) for n in range(40)]
features = Features({"photo": Image(), "label": ClassLabel(names=["x", "y"])})
Dataset.from_dict({"photo": pictures, "label": [0, 1] * 20}, features=features).save_to_disk(sys.argv[1] + "/photos")
"""


@pytest.mark.torch
def test_what_the_library_datasets_saves_is_read(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", SAVE, str(tmp_path)], check=True, capture_output=True)
    made = make(tmp_path / "bundle", tmp_path / "dict", task="token-classification")
    assert made.columns == {"tokens": "words", "ner_tags": "ner_tags"}
    assert made.counts["test"] == 20
    assert rows(tmp_path / "bundle", "test_labels")[0]["ner_tags"] == ["B-PER", "O", "O"]
    made = make(tmp_path / "pictures", tmp_path / "photos", task="image-classification")
    assert made.columns == {"image": "photo", "label": "label"}
    files = sorted((tmp_path / "pictures" / "files").iterdir())
    assert len(files) == 40
    assert files[0].read_bytes().startswith(b"\x89PNG")


# --- images and COCO ----------------------------------------------------------------------------------------------


def test_images_are_copied_once_and_named_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for n in range(30):
        (tmp_path / "pictures" / f"dog number {n}.png").write_bytes(picture("png", shade=8 * n))
    text = "file_name,label\n" + "".join(f"dog number {n}.png,{'ab'[n % 2]}\n" for n in range(30))
    path = write(tmp_path / "a.csv", text + "dog number 1.png,b\n")
    make(tmp_path / "bundle", path, task="image-classification", files=tmp_path / "pictures")
    found = inspect_bundle(tmp_path / "bundle")
    assert found.problems.all() == []
    assert len(list((tmp_path / "bundle" / "files").iterdir())) == 30
    told = problems(tmp_path / "again", path, task="image-classification")
    assert len(told) == 30
    assert told[0].startswith("a.csv:2: There is no file “dog number 0.png” in ")


def test_a_file_that_is_no_image_is_told_at_the_row_that_names_it(tmp_path: Path) -> None:
    for n in range(30):
        (tmp_path / f"{n}.png").write_bytes(picture("png", shade=8 * n) if n != 7 else b"GIF89a")
    text = "image,label\n" + "".join(f"{n}.png,{'ab'[n % 2]}\n" for n in range(30))
    path = write(tmp_path / "a.csv", text)
    told = problems(tmp_path / "bundle", path, task="image-classification")
    assert told == ["a.csv:9: The image cannot be decoded as PNG."]


def coco(**changes: Any) -> dict[str, Any]:
    return {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 8, "height": 8} for n in (1, 2)],
        "categories": [{"id": 5, "name": "dog"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 5, "bbox": [0, 1, 4.5, 2]}],
    } | changes


def test_coco_gives_each_image_its_objects() -> None:
    found = Problems()
    (table,) = read_coco(Path("a.json"), coco(), found).values()
    assert not found
    assert [record.values for record in table.records] == [
        {"id": "i1", "image": "1.png", "width": 8, "height": 8, "objects": [{"label": "dog", "bbox": [0, 1, 4.5, 2]}]},
        {"id": "i2", "image": "2.png", "width": 8, "height": 8, "objects": []},
    ]


def test_coco_says_which_entry_is_wrong() -> None:
    found = Problems()
    annotations = [
        {"image_id": 9, "category_id": 5, "bbox": [0, 0, 1, 1]},
        {"image_id": 1, "category_id": 6, "bbox": [0, 0, 1, 1]}, {"image_id": 1, "bbox": []},
        {"image_id": 1, "category_id": 5, "bbox": [0, 0, 1, 1], "iscrowd": 1},
    ]  # fmt: skip
    images = [*coco()["images"], {"id": 1, "file_name": "again.png"}]
    (table,) = read_coco(Path("a.json"), coco(annotations=annotations, images=images), found).values()
    assert sorted(str(problem) for problem in found.all()) == [
        "a.json: Annotation 1: there is no image of its image_id.",
        "a.json: Annotation 2: there is no category of its category_id.",
        "a.json: “annotations”, entry 3: it needs image_id, category_id, bbox.",
        "a.json: “images”, entry 3: its id is there twice.",
    ]
    assert table.notes == ("Annotations of crowds that were left out: 1.",)


@pytest.mark.skipif("object-detection" not in TASKS, reason="there is no such task yet")
def test_coco_and_its_images_become_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for n in range(40):
        (tmp_path / "photos" / f"{n}.png").write_bytes(picture("png", shade=6 * n, size=(8, 8)))
    images = [{"id": n, "file_name": f"{n}.png", "width": 8, "height": 8} for n in range(40)]
    categories = [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}]
    annotations = [{"image_id": n, "category_id": 1 + n % 2, "bbox": [1, 1, 4, 4]} for n in range(40)]
    value = {"images": images, "categories": categories, "annotations": annotations}
    path = write(tmp_path / "instances.json", json.dumps(value))
    make(tmp_path / "bundle", path, task="object-detection", files=tmp_path / "photos")
    assert {row["objects"][0]["label"] for row in all_rows(tmp_path / "bundle")} == {"cat", "dog"}
    assert len(list((tmp_path / "bundle" / "files").iterdir())) == 40


# --- CoNLL --------------------------------------------------------------------------------------------------------

SENTENCE = "Ada NNP I-PER\nMoe NNP I-PER\nsaw VBD O\nOslo NNP I-LOC\n\n"


def test_conll_sentences_become_iob2_and_documents_stay_whole(tmp_path: Path) -> None:
    text = "".join(
        f"-DOCSTART- -X- O\n\nStory CD O\n{n} CD O\n\n{SENTENCE.replace('saw', f'saw{n}')}" for n in range(30)
    )
    made = make(tmp_path / "bundle", write(tmp_path / "a.conll", text), task="token-classification")
    found = all_rows(tmp_path / "bundle")
    assert len(found) == 60
    assert {tuple(row["ner_tags"]) for row in found} == {("O", "O"), ("B-PER", "I-PER", "O", "B-LOC")}
    assert "Tags were written in IOB2" in made.notes[0]
    splits: dict[str, set[str]] = {}
    for name in ("train", "validation", "test_labels"):
        for row in rows(tmp_path / "bundle", name):
            splits.setdefault(row["group"], set()).add(name)
    assert len(splits) == 30
    assert all(len(names) == 1 for names in splits.values())


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-A I-A O I-B", "B-A I-A O B-B"),
        ("I-A I-A B-A I-B", "B-A I-A B-A B-B"),
        ("S-A B-A I-A E-A O", "B-A B-A I-A I-A O"),
        ("U-A B-A L-A", "B-A B-A I-A"),
        ("O X", "O X"),
    ],
)
def test_tags_of_every_scheme_become_iob2(tags: str, expected: str) -> None:
    assert to_iob2(tags.split()) == expected.split()
    assert to_iob2(expected.split()) == expected.split()


def test_conll_names_the_line_without_a_tag(tmp_path: Path) -> None:
    text = "".join(SENTENCE.replace("saw", f"saw{n}") for n in range(20)) + "Word\nOther O\n\n"
    path = write(tmp_path / "a.txt", text)
    assert problems(tmp_path / "bundle", Source(path), task="token-classification") == [
        "a.txt:101: This line needs a word and a tag, in columns of their own."
    ]
