"""Boxes over a grid of cells: which cells an object is theirs, losses, and which of what they say is kept.

Targets are (…, L, 5): the class of a cell's object or -1, and its middle and sides (x, y, width, height) in cells. What
cells say of boxes is (…, L, 4): the middle's distance from the cell's own, and the logarithm of the sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ..contract.tasks.pictures import MOST_BOXES
from ..metrics.box_matching import Found

MIN_SCORE = 0.05
MOST_OVERLAP = 0.5
"""Of two boxes of one class: of those that overlap more the surer one is kept."""
LONGEST_SIDE = 6.0
"""The largest logarithm of a side."""
ALPHA, GAMMA = 0.25, 2.0
"""Of the focal loss (Lin et al. 2017)."""


def assign(objects: Sequence[tuple[float, ...]], scale: tuple[float, float], rows: int, columns: int) -> Tensor:
    """(L, 5) targets from (class, x, y, width, height) in pixels. An object belongs to the cell of its middle and to
    those near it, in the middle half of its box; a cell that lies in two has the smaller."""
    targets = torch.zeros(rows, columns, 5)
    targets[..., 0] = -1
    ys, xs = torch.arange(rows) + 0.5, torch.arange(columns) + 0.5
    for label, x, y, width, height in sorted(objects, key=lambda one: -one[3] * one[4]):
        width, height = width * scale[0], height * scale[1]
        middle_x, middle_y = x * scale[0] + width / 2, y * scale[1] + height / 2
        near_x = (xs - middle_x).abs() <= max(0.5, min(1.5, width / 4))
        near_y = (ys - middle_y).abs() <= max(0.5, min(1.5, height / 4))
        targets[near_y[:, None] & near_x[None, :]] = torch.tensor([label, middle_x, middle_y, width, height])
    return targets.flatten(0, 1)


def boxes_in_cells(targets: Tensor, columns: int) -> Tensor:
    """(…, L, 4) what each cell should say of its box; of a cell without an object it means nothing."""
    middle = targets[..., 1:3] - _own_middles(targets.shape[-2], columns, targets)
    return torch.cat([middle, targets[..., 3:].clamp(min=1e-3).log()], dim=-1)


def _own_middles(count: int, columns: int, like: Tensor) -> Tensor:
    """(L, 2) x and y of each cell's middle."""
    cells = torch.arange(count, device=like.device)
    return torch.stack([cells % columns + 0.5, cells // columns + 0.5], dim=-1).to(like.dtype)


def corners_of(said: Tensor, columns: int) -> Tensor:
    """(…, L, 4) left, top, right and bottom in cells of what cells say of boxes."""
    middle = _own_middles(said.shape[-2], columns, said) + said[..., :2]
    half = said[..., 2:].clamp(max=LONGEST_SIDE).exp() / 2
    return torch.cat([middle - half, middle + half], dim=-1)


def focal_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Sum over cells and classes: logits (…, L, C), classes (…, L) with -1 for none."""
    wanted = functional.one_hot(classes.clamp(min=0), logits.shape[-1]) * (classes >= 0).unsqueeze(-1)
    wanted = wanted.to(logits.dtype)
    plain = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    wrong = torch.abs(wanted - logits.sigmoid())
    weight = ALPHA * wanted + (1 - ALPHA) * (1 - wanted)
    return (weight * wrong**GAMMA * plain).sum()


def giou_loss(said: Tensor, targets: Tensor, is_there: Tensor, columns: int) -> Tensor:
    """Sum of 1 - GIoU (Rezatofighi et al. 2019) over the cells that have an object."""
    made = corners_of(said, columns)[is_there]
    middle, half = targets[..., 1:3][is_there], targets[..., 3:][is_there] / 2
    right = torch.cat([middle - half, middle + half], dim=-1)
    inner = _area(torch.maximum(made[:, :2], right[:, :2]), torch.minimum(made[:, 2:], right[:, 2:]))
    outer = _area(torch.minimum(made[:, :2], right[:, :2]), torch.maximum(made[:, 2:], right[:, 2:]))
    union = _area(made[:, :2], made[:, 2:]) + _area(right[:, :2], right[:, 2:]) - inner
    return (1 - inner / union + (outer - union) / outer).sum()


def _area(first: Tensor, last: Tensor) -> Tensor:
    return (last - first).clamp(min=0).prod(dim=-1)


def kept_boxes(made: Tensor, classes: int, grid: tuple[int, int], size: tuple[int, int]) -> tuple[Found, ...]:
    """From what the cells say (L, C + 4), in pixels of an image of `size` (height, width): surest first, none below
    `MIN_SCORE`, none that a surer one of its class covers, at most `MOST_BOXES`."""
    scores = made[:, :classes].double().sigmoid()
    scale = torch.tensor([size[1] / grid[1], size[0] / grid[0]] * 2, dtype=torch.double)
    most = torch.tensor([size[1], size[0]] * 2, dtype=torch.double)
    corners = torch.minimum((corners_of(made[:, classes:].double(), grid[1]) * scale).clamp(min=0), most)
    cells, labels = (scores >= MIN_SCORE).nonzero(as_tuple=True)
    order = scores[cells, labels].argsort(descending=True, stable=True).tolist()
    kept: list[Found] = []
    boxes: dict[int, list[Tensor]] = {}
    for place in order:
        cell, label = int(cells[place]), int(labels[place])
        box, others = corners[cell], boxes.setdefault(label, [])
        if len(kept) < MOST_BOXES and bool((box[2:] > box[:2]).all()) and not _is_covered(box, others):
            others.append(box)
            left, top, right, bottom = box.tolist()
            kept.append(Found(label, float(scores[cell, label]), left, top, right - left, bottom - top))
    return tuple(kept)


def _is_covered(box: Tensor, others: Sequence[Tensor]) -> bool:
    if not others:
        return False
    rest = torch.stack(list(others))
    inner = _area(torch.maximum(box[:2], rest[:, :2]), torch.minimum(box[2:], rest[:, 2:]))
    union = _area(box[:2], box[2:]) + _area(rest[:, :2], rest[:, 2:]) - inner
    return bool((inner / union > MOST_OVERLAP).any())
