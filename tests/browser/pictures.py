"""Small pictures of pages: PNG with a palette."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

LARGEST, ALL = 120 * 1024, 4 * 1024 * 1024


def save_picture(png: bytes, target: Path) -> None:
    """With as many colours as fit into `LARGEST`. Raises ValueError where even 16 do not."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for count in (256, 128, 64, 32, 16):
        buffer = io.BytesIO()
        # MAXCOVERAGE keeps colours that are rare: the one red link of a page
        small = picture.quantize(count, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small.save(buffer, "PNG", optimize=True)
        if buffer.tell() <= LARGEST:
            target.write_bytes(buffer.getvalue())
            return
    raise ValueError(f"{target.name} is larger than {LARGEST // 1024} KB")


def too_much(folder: Path) -> str:
    """What is wrong with the size of the folder's pictures; "" if nothing is."""
    total = sum(path.stat().st_size for path in folder.glob("*.png"))
    return f"{folder} holds {total // 1024} KB of pictures; {ALL // 1024} KB are allowed." if total > ALL else ""
