"""Where rows say how large their image is, they must be right: boxes and masks are judged by it before any pixel."""

from __future__ import annotations

from django.utils.translation import gettext as _
from PIL import Image

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TRAIN, VALIDATION

from .media import MediaFiles
from .problems import Problems
from .rows import Row

SIZE = ("width", "height")


def check_sizes(task: TaskSpec, rows: dict[str, list[Row]], media: MediaFiles, problems: Problems) -> None:
    """Report rows whose `width` and `height` are not those of their image, as it is stored (its EXIF turns nothing)."""
    names = {column.name for column in task.inputs}
    if not task.file_columns or not names.issuperset(SIZE):
        return
    column = task.file_columns[0].name
    for file in (TRAIN, VALIDATION, TEST):
        for row in rows[file]:
            image = media.get(row.values.get(column, ""))
            said = tuple(row.values.get(name) for name in SIZE)
            if image is None or None in said:
                continue
            with Image.open(image.path) as opened:
                found = opened.size
            if said != found:
                message = _("The image is %(width)d × %(height)d pixels, which its width and height do not say.")
                problems.add(file, row.line, message % {"width": found[0], "height": found[1]})
