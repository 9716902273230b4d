"""Answers that lie in an image: boxes of objects, and masks. Pixels count from the upper left corner.

A box is `{"label", "bbox": [x, y, width, height]}` in pixels, as COCO has it; a predicted one has a `score` too.
A mask is `{"size": [height, width], "counts": […], "labels": […]}`: runs of equal pixels, row after row from the top,
each with how many pixels it has and its label. Of a prediction the size may be smaller than the image's: each pixel of
the image then has the label of the nearest one.
"""

from __future__ import annotations

MOST_BOXES = 100
"""Of one image: what COCO counts."""
MOST_RUNS = 1000
"""Of a predicted mask, and of any that a report shows."""
