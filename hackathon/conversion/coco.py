"""COCO's JSON of objects in images: `images`, `annotations` with `bbox: [x, y, width, height]`, `categories`.

A record is an image: `image` (the name of its file), `width`, `height` and `objects`, a list of `{label, bbox}`.
https://cocodataset.org/#format-data
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems

from .table import Record, Table, Tables

COLUMNS = ("id", "image", "width", "height", "objects")


def is_coco(value: Any) -> bool:
    return isinstance(value, dict) and {"images", "annotations"} <= value.keys()


def read_coco(path: Path, value: dict[str, Any], problems: Problems) -> Tables:
    """Numbers of images, annotations and categories stand for lines. Crowds (`iscrowd`) are left out, and noted."""
    names = {category["id"]: str(category["name"]) for category in _sound(path, value, "categories", problems)}
    images = {image["id"]: image for image in _sound(path, value, "images", problems)}
    objects: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    crowds = 0
    for number, annotation in enumerate(_sound(path, value, "annotations", problems), start=1):
        if annotation.get("iscrowd"):
            crowds += 1
        elif message := _problem(annotation, images, names):
            problems.add(path.name, 0, _("Annotation %(number)d: %(what)s") % {"number": number, "what": message})
        else:
            found = {"label": names[annotation["category_id"]], "bbox": annotation["bbox"]}
            objects[annotation["image_id"]].append(found)
    records = [
        Record(path.name, number, _values(image, objects[key]))
        for number, (key, image) in enumerate(images.items(), start=1)
    ]
    said = _("Annotations of crowds that were left out: %(count)d.") % {"count": crowds}
    return {"": Table(COLUMNS, records, path.parent, notes=(said,) if crowds else ())}


def _values(image: dict[str, Any], objects: list[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {name: image[name] for name in ("width", "height") if name in image}
    return {"id": f"i{image['id']}", "image": image["file_name"], **values, "objects": objects}


NEEDED = {
    "images": ("id", "file_name"),
    "annotations": ("image_id", "category_id", "bbox"),
    "categories": ("id", "name"),
}


def _sound(path: Path, value: dict[str, Any], part: str, problems: Problems) -> Iterator[dict[str, Any]]:
    """The entries of a part that have what all need."""
    entries = value.get(part)
    if not isinstance(entries, list):
        problems.add(path.name, 0, _("“%(part)s” is not a list.") % {"part": part})
        return
    seen = set()
    for number, entry in enumerate(entries, start=1):
        about = {"part": part, "number": number, "names": ", ".join(NEEDED[part])}
        if not isinstance(entry, dict) or not set(NEEDED[part]) <= entry.keys():
            problems.add(path.name, 0, _("“%(part)s”, entry %(number)d: it needs %(names)s.") % about)
        elif part != "annotations" and repr(entry["id"]) in seen:
            problems.add(path.name, 0, _("“%(part)s”, entry %(number)d: its id is there twice.") % about)
        else:
            seen.add(repr(entry.get("id")))
            yield entry


def _problem(annotation: dict[str, Any], images: dict[Any, Any], names: dict[Any, str]) -> str:
    if annotation["image_id"] not in images:
        return _("there is no image of its image_id.")
    if annotation["category_id"] not in names:
        return _("there is no category of its category_id.")
    return ""
