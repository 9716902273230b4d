"""Images of a bundle: each named by rows of one split, small, really an image; what else somebody may put there."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hackathon.bundles import images, media
from hackathon.bundles.images import image_problem
from hackathon.bundles.problems import MAX_PER_FILE
from hackathon.bundles.reading import inspect_bundle
from tests.hackathon.bundles.pictures import edit, picture, pictures, read_rows
from tests.hackathon.bundles.test_reading import EXAMPLE, problems_of

__all__ = ["pictures"]

NAME = "the name of a .png, .jpg or .jpeg file: at most 100 letters, digits or . _ -"


def first(folder: Path, split: str = "train") -> Path:
    """The image of the first row of a split."""
    return folder / "files" / str(read_rows(folder / f"{split}.jsonl")[0]["image"])


def test_a_bundle_with_images_has_no_problem(pictures: Path) -> None:
    assert problems_of(pictures) == []
    bundle = inspect_bundle(pictures).bundle
    assert bundle is not None
    assert bundle.media.keys() == {path.name for path in (pictures / "files").iterdir()}


@pytest.mark.parametrize(
    "name",
    ["../challenge.yaml", "/etc/passwd", "a/b.png", "a\\b.png", "..png", ".a.png", "a.gif", "a.svg", "a.png\n",
     "a b.png", "ä.png", "a.png.exe", "x" * 97 + ".png", "", 5, ["a.png"], "day-1.jpg\t"],
)  # fmt: skip
def test_a_name_is_a_plain_file_name_of_a_known_ending(pictures: Path, name: object) -> None:
    edit(pictures / "train.jsonl", 2, image=name)
    found = problems_of(pictures)
    assert found[1:] == [f"train.jsonl:2: The value of “image” must be {NAME}."]
    assert found[0].startswith("files: “day-2.png” is named by no row.")


def test_missing_and_unused_files_and_files_of_two_splits(pictures: Path) -> None:
    first(pictures).unlink()
    (pictures / "files" / "more.png").write_bytes(picture("png"))
    edit(pictures / "test.jsonl", 3, image=first(pictures, "validation").name)
    assert problems_of(pictures) == [
        "files: “more.png” is named by no row.",
        "files: “night-13.jpg” is named by no row.",
        "test.jsonl:3: The file belongs to another split: validation.jsonl:1.",
        "test.jsonl:3: The same input is at validation.jsonl:1, with its label.",
        "train.jsonl:1: There is no file of this name in files/.",
    ]


def test_the_same_bytes_in_training_and_test_are_a_leak_under_any_name(pictures: Path) -> None:
    first(pictures, "test").write_bytes(first(pictures).read_bytes())
    assert problems_of(pictures) == ["test.jsonl:1: The same input is at train.jsonl:1, with its label."]


def test_links_folders_and_devices_are_refused_without_following_them(pictures: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(first(pictures).read_bytes())
    first(pictures).unlink()
    first(pictures).symlink_to(secret)
    (pictures / "files" / "more").mkdir()
    os.mkfifo(pictures / "files" / "pipe.png")
    assert problems_of(pictures) == [
        "files: day-1.jpg: Links are not accepted.",
        "files: more: Only plain files are accepted here.",
        "files: pipe.png: Only plain files are accepted here.",
        "train.jsonl:1: There is no file of this name in files/.",
    ]


def test_the_folder_itself_is_no_link_and_no_file(pictures: Path, tmp_path: Path) -> None:
    (pictures / "files").rename(tmp_path / "elsewhere")
    assert problems_of(pictures) == ["files: This folder is missing."]
    (pictures / "files").symlink_to(tmp_path / "elsewhere")
    assert problems_of(pictures) == ["files: Links are not accepted.", "files: This folder is missing."]
    (pictures / "files").unlink()
    (pictures / "files").write_text("x")
    assert problems_of(pictures) == ["files: The folder cannot be read: Not a directory."]


def test_a_task_without_file_columns_has_no_such_folder(tmp_path: Path) -> None:
    for path in EXAMPLE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "files").mkdir()
    assert problems_of(tmp_path) == ["files: This task has no column with files."]


def test_too_many_files_are_counted_not_listed(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        (pictures / "files" / f"more-{number}.png").touch()
    found = [problem for problem in problems_of(pictures) if problem.startswith("files")]
    assert len(found) == MAX_PER_FILE + 1
    monkeypatch.setattr(media, "MAX_FILES", 319)
    assert problems_of(pictures) == ["files: There are more than 319 files."]


def test_too_many_bytes_of_one_and_in_all(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with first(pictures).open("ab") as file:
        file.truncate(images.MAX_BYTES + 1)
    assert problems_of(pictures) == ["train.jsonl:1: The image is larger than 8 MiB."]
    monkeypatch.setattr(media, "MAX_TOTAL", images.MAX_BYTES)
    assert problems_of(pictures) == ["files: The files are larger than 8 MiB in all."]


SPOILED: list[Callable[[bytes], bytes]] = [
    lambda body: b"",
    lambda body: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    lambda body: b"GIF89a" + bytes(20),
    lambda body: body[: len(body) // 2],
    lambda body: body[:-20],
    lambda body: body[:40] + bytes(8) + body[48:],
    lambda body: picture("jpg"),
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_what_cannot_be_decoded_is_no_image(pictures: Path, spoil: Callable[[bytes], bytes]) -> None:
    path = pictures / "files" / "day-2.png"
    path.write_bytes(spoil(path.read_bytes()))
    assert problems_of(pictures) == ["train.jsonl:2: The image cannot be decoded as PNG."]


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    """A valid PNG, one bit a pixel, that says it has that size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height"), [(5001, 5000), (10_000, 10_000), (20_000, 10_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_decompression_bomb_is_not_decoded(width: int, height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(image: object) -> None:
        raise AssertionError("decoded")

    bomb = png_of(width, height, bytes(1000))
    monkeypatch.setattr(images.Image.Image, "load", decode)
    assert image_problem("a.png", bomb) == "The image has more than 25 megapixels."


def test_the_largest_image_is_accepted() -> None:
    assert image_problem("a.png", png_of(5000, 5000, bytes(5000 * (1 + 625)))) == ""


@pytest.mark.parametrize("name", ["a.JPG", "a.jpeg", "a.jpg"])
def test_endings_in_any_case(name: str) -> None:
    assert image_problem(name, picture("jpg")) == ""
    assert image_problem(name, picture("png")) == "The image cannot be decoded as JPEG."
