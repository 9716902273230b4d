"""Registering a model: structure and bytes are checked, nothing of it is loaded."""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from hackathon.bundles.problems import ProblemsFound
from hackathon.errors import Conflict
from hackathon.files.storage import storage
from hackathon.models import BaseModel
from hackathon.services.import_model import import_model
from training_worker.contract.facts import ModelFacts
from training_worker.contract.models import content_sha256
from training_worker.contract.wire import FileRef

pytestmark = pytest.mark.django_db
Header = dict[str, Any]
HEADER: Header = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "b": {"dtype": "F16", "shape": [4], "data_offsets": [24, 32]},
}


def safetensors(header: Header | bytes, data: bytes = bytes(32), length: int | None = None) -> bytes:
    body = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(body) if length is None else length) + body + data


def write_model(folder: Path, bodies: dict[str, bytes], **changes: Any) -> Path:
    """A model folder whose model.json fits its files."""
    folder.mkdir(exist_ok=True)
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    info = {
        "slug": "tiny",
        "name": "Tiny",
        "family": "encoder",
        "architecture": "bert",
        "source": "made for this test",
        "revision": "1",
        "license": "Apache-2.0",
        "parameters": 10,
        "pooling": "mean",
        "max_positions": 64,
        "layers": ["attention"],
        "tasks": ["text-classification"],
        "files": [
            {"name": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
            for name, body in bodies.items()
        ],
    }
    (folder / "model.json").write_text(json.dumps(info | changes))
    return folder


def good_files() -> dict[str, bytes]:
    return {
        "model.safetensors": safetensors(HEADER),
        "config.json": b'{"model_type": "bert"}',
        "tokenizer.json": b"{}",
        "vocab.txt": b"[PAD]\n[UNK]\n",
    }


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(ProblemsFound) as caught:
        import_model(folder=folder)
    assert not BaseModel.objects.exists()
    return [str(problem) for problem in caught.value.problems]


def test_a_good_folder_is_registered_by_its_content(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", good_files())
    row, is_new = import_model(folder=folder)
    manifest = row.model_manifest
    assert manifest.family == row.family == "encoder", "a node is told how to do a task"
    assert is_new
    assert (row.slug, row.pk, manifest.sha256, manifest.pooling) == (
        "tiny",
        BaseModel.objects.get().pk,
        row.sha256,
        "mean",
    )
    assert row.sha256 == content_sha256(manifest.files)
    assert row.model_facts == ModelFacts(
        family="encoder", tasks=("text-classification",), max_positions=64, layers=("attention",)
    )
    for name, body in good_files().items():
        with storage("models").open(f"{row.sha256}/{name}") as file:
            assert file.read() == body


def test_again_is_the_same_row_and_mends_what_is_stored(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", good_files())
    row, _new = import_model(folder=folder)
    BaseModel.objects.update(is_enabled=False)
    key = f"{row.sha256}/model.safetensors"
    Path(storage("models").path(key)).write_bytes(b"cut")
    again, is_new = import_model(folder=folder)
    assert (again.pk, is_new, again.is_enabled) == (row.pk, False, False)
    with storage("models").open(key) as file:
        assert file.read() == good_files()["model.safetensors"]


def test_again_with_what_is_known_of_it_now(tmp_path: Path) -> None:
    import_model(folder=write_model(tmp_path / "m", good_files()))
    tasks = ("text-classification", "token-classification")
    row, is_new = import_model(folder=write_model(tmp_path / "m", good_files(), tasks=tasks))
    assert not is_new
    assert row.model_facts.tasks == tasks
    row.refresh_from_db()
    assert row.model_facts.tasks == tasks


def test_a_slug_keeps_its_bytes_and_bytes_keep_their_slug(tmp_path: Path) -> None:
    import_model(folder=write_model(tmp_path / "m", good_files()))
    with pytest.raises(Conflict, match="another model of the slug"):
        import_model(folder=write_model(tmp_path / "n", good_files() | {"vocab.txt": b"other\n"}))
    with pytest.raises(Conflict, match="registered already as “tiny”"):
        import_model(folder=write_model(tmp_path / "o", good_files(), slug="other"))
    assert BaseModel.objects.count() == 1


def with_file(name: str, body: bytes) -> Callable[[Path], Path]:
    return lambda path: write_model(path, good_files() | {name: body})


BROKEN: list[tuple[str, Callable[[Path], Path], str]] = [
    (
        "pickle",
        with_file("pytorch_model.bin", pickle.dumps([1])),
        "pytorch_model.bin: Only safetensors, JSON and plain",
    ),
    ("pickle named weights", with_file("model.safetensors", pickle.dumps([1] * 50)), "its header"),
    ("code", with_file("modeling.py", b"import os"), "modeling.py: Only safetensors, JSON and plain"),
    ("auto_map", with_file("config.json", b'{"model_type": "bert", "auto_map": {}}'), "config.json: “auto_map” makes"),
    (
        "auto_map elsewhere",
        with_file("tokenizer_config.json", b'{"auto_map": {}}'),
        "“auto_map” makes a loader run code",
    ),
    (
        "other architecture",
        with_file("config.json", b'{"model_type": "gpt2"}'),
        "Its model_type is not the architecture",
    ),
    ("config is a list", with_file("config.json", b"[]"), "Its model_type is not the architecture"),
    ("broken JSON", with_file("config.json", b"{"), "config.json: This is not valid JSON."),
    ("nested JSON", with_file("config.json", b"[" * 100_000), "config.json: This is not valid JSON."),
    ("short", with_file("model.safetensors", b"abc"), "impossible length"),
    ("giant header", with_file("model.safetensors", safetensors(HEADER, length=2**60)), "impossible length"),
    ("header past the end", with_file("model.safetensors", safetensors(HEADER, length=5000)), "impossible length"),
    ("header is no JSON", with_file("model.safetensors", safetensors(b"{" * 50)), "its header cannot be read"),
    ("header is a list", with_file("model.safetensors", safetensors(b"[1]")), "its header cannot be read"),
    ("cut short", with_file("model.safetensors", safetensors(HEADER, bytes(31))), "do not fill it"),
    ("more than the tensors", with_file("model.safetensors", safetensors(HEADER, bytes(33))), "do not fill it"),
    ("no tensors", with_file("model.safetensors", safetensors({}, b"")), "do not fill it"),
    (
        "wrong shape",
        with_file("model.safetensors", safetensors(HEADER | {"a": HEADER["a"] | {"shape": [2, 2]}})),
        "cannot be read",
    ),
    (
        "odd type",
        with_file("model.safetensors", safetensors(HEADER | {"a": HEADER["a"] | {"dtype": "PICKLE"}})),
        "cannot be read",
    ),
    (
        "negative",
        with_file(
            "model.safetensors", safetensors({"a": {"dtype": "U8", "shape": [-1, -32], "data_offsets": [0, 32]}})
        ),
        "cannot be read",
    ),
    (
        "overlap",
        with_file(
            "model.safetensors", safetensors(HEADER | {"b": {"dtype": "F32", "shape": [3], "data_offsets": [20, 32]}})
        ),
        "overlap or leave gaps",
    ),
    (
        "no weights",
        lambda path: write_model(path, {"config.json": b'{"model_type": "bert"}', "tokenizer.json": b"{}"}),
        "lacks model.safetensors",
    ),
    (
        "path as a name",
        lambda path: write_model(path, good_files(), files=[{"name": "../x", "sha256": "0" * 64, "size": 1}]),
        "model.json: files.0.name",
    ),
    (
        "no tokenizer",
        lambda path: write_model(path, {k: v for k, v in good_files().items() if k != "tokenizer.json"}),
        "model.json: The list of files lacks tokenizer.json.",
    ),
    (
        "unknown task",
        lambda path: write_model(path, good_files(), tasks=["text-classification", "chess"]),
        "model.json: “chess” is not a task of this site.",
    ),
    ("no task", lambda path: write_model(path, good_files(), tasks=[]), "model.json: tasks: "),
    (
        "task of another family",
        lambda path: write_model(path, good_files(), family="encoder-decoder"),
        "model.json: A model of family “encoder-decoder” cannot do the task “text-classification”.",
    ),
    (
        "no pooling",
        lambda path: write_model(path, good_files(), pooling=None),
        "model.json: An encoder needs a pooling",
    ),
    ("unknown pooling", lambda path: write_model(path, good_files(), pooling="max"), "model.json: pooling: "),
    ("unknown layers", lambda path: write_model(path, good_files(), layers=["mlp"]), "model.json: layers.0: "),
    (
        "more positions than there are",
        lambda path: write_model(
            path,
            good_files() | {"config.json": b'{"model_type": "bert", "max_position_embeddings": 512}'},
            max_positions=513,
        ),
        "config.json: It has 512 positions; model.json says 513.",
    ),
    (
        "no bound though there is one",
        lambda path: write_model(
            path,
            good_files() | {"config.json": b'{"model_type": "bert", "max_position_embeddings": 512}'},
            max_positions=None,
        ),
        "config.json: It has 512 positions; model.json states no bound: convert it again.",
    ),
    ("unknown key", lambda path: write_model(path, good_files(), run="x"), "model.json: run: There is no such key"),
    ("no slug", lambda path: write_model(path, good_files(), slug="../a"), "model.json: slug: Must match the pattern"),
]


@pytest.mark.parametrize(("make", "expected"), [pytest.param(*case[1:], id=case[0]) for case in BROKEN])
def test_what_is_refused(tmp_path: Path, make: Callable[[Path], Path], expected: str) -> None:
    found = problems_of(make(tmp_path / "m"))
    assert len(found) == 1, found
    assert expected in found[0]


def test_a_vision_model_is_no_text_model(tmp_path: Path) -> None:
    assert problems_of(write_model(tmp_path / "m", good_files(), family="vision", pooling=None)) == [
        "model.json: A model of family “vision” cannot do the task “text-classification”.",
        "model.json: The list of files lacks preprocessor_config.json.",
    ]


def test_changed_bytes_stray_files_and_links_are_reported_together(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", good_files())
    weights = bytearray(good_files()["model.safetensors"])
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "vocab.txt").write_bytes(b"longer than it was\n")
    (folder / "extra.txt").write_text("x")
    (folder / "config.json").rename(tmp_path / "config.json")
    (folder / "config.json").symlink_to(tmp_path / "config.json")
    assert problems_of(folder) == [
        "config.json: Links are not accepted.",
        "config.json: This file is missing.",
        "extra.txt: This file does not belong here.",
        "model.safetensors: Its sha256 is not the one in model.json: a byte has changed.",
        "vocab.txt: It has 19 bytes; model.json says 12.",
    ]


def test_a_folder_without_model_json(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert problems_of(tmp_path) == ["model.json: This file is missing."]
    assert "cannot be read" in problems_of(tmp_path / "nowhere")[0]


def test_a_listed_file_must_be_there(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", good_files())
    (folder / "vocab.txt").unlink()
    assert problems_of(folder) == ["vocab.txt: This file is missing."]


def test_two_entries_of_one_name(tmp_path: Path) -> None:
    file = FileRef(name="config.json", sha256="0" * 64, size=1).model_dump()
    assert "listed twice" in problems_of(write_model(tmp_path / "m", good_files(), files=[file, file]))[0]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_model(tmp_path / "m", good_files())
    call_command("import_model", str(folder))
    call_command("import_model", str(folder))
    assert [line.split(": ")[1] for line in capsys.readouterr().out.splitlines()] == [
        "registered",
        "was registered already",
    ]
    (folder / "vocab.txt").write_text("")
    with pytest.raises(CommandError, match=r"vocab\.txt: It has 0 bytes"):
        call_command("import_model", str(folder))
