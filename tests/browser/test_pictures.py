"""The pictures for the documentation stay small, and say so where they cannot. (Needs no browser.)"""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.pictures import ALL, LARGEST, save_picture, too_much


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def noise(side: int) -> bytes:
    return png(Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side)))


def test_a_picture_keeps_its_size_and_its_rare_colours(tmp_path: Path) -> None:
    picture = Image.linear_gradient("L").convert("RGB")
    picture.putpixel((7, 9), (200, 20, 20))
    save_picture(png(picture), tmp_path / "a.png")
    saved = Image.open(tmp_path / "a.png")
    assert (saved.size, saved.mode) == ((256, 256), "P")
    assert saved.convert("RGB").getpixel((7, 9)) == pytest.approx((200, 20, 20), abs=8)


def test_colours_are_given_up_for_size(tmp_path: Path) -> None:
    save_picture(noise(400), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size <= LARGEST
    assert len(Image.open(tmp_path / "a.png").getcolors() or []) < 256


def test_what_cannot_be_made_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="larger than 120 KB"):
        save_picture(noise(800), tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_all_together_have_a_limit(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"0" * ALL)
    assert too_much(tmp_path) == ""
    (tmp_path / "b.png").write_bytes(b"0")
    assert "4096 KB are allowed" in too_much(tmp_path)
