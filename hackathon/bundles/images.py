"""What an image of a bundle must be."""

from __future__ import annotations

import io
import warnings

from django.utils.translation import gettext as _
from PIL import Image

from .folder import MEGABYTE

MAX_BYTES = 8 * MEGABYTE
MAX_PIXELS = 25_000_000


def image_problem(name: str, body: bytes) -> str:
    """What is wrong with an image; "" where nothing is. Its size is looked at before a pixel is decoded."""
    if len(body) > MAX_BYTES:
        return _("The image is larger than %(limit)d MiB.") % {"limit": MAX_BYTES // MEGABYTE}
    kind = "PNG" if name.lower().endswith(".png") else "JPEG"
    too_large = _("The image has more than %(limit)d megapixels.") % {"limit": MAX_PIXELS // 1_000_000}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own, about metadata and sizes
            with Image.open(io.BytesIO(body), formats=(kind,)) as image:
                if image.width * image.height > MAX_PIXELS:
                    return too_large
                image.verify()  # checksums; the image cannot be used afterwards
            with Image.open(io.BytesIO(body), formats=(kind,)) as image:
                image.load()
    except Image.DecompressionBombError:
        return too_large
    except Exception:  # broken bytes make Pillow raise SyntaxError, struct.error, zlib.error, IndexError and others
        return _("The image cannot be decoded as %(kind)s.") % {"kind": kind}
    return ""
