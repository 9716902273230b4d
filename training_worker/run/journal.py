"""What a training says while it runs: its stage, its curve, and lines for the team."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..contract.bounds import clipped
from ..contract.wire import CurvePoint, LogLine, Stage
from .messages import ChildProgress


class Journal:
    """Sends every entry on at once and keeps the whole curve for `run.json`."""

    def __init__(self, send: Callable[[ChildProgress], None]) -> None:
        self._send = send
        self._stage = Stage.PREPARE
        self._step = 0
        self._total = 0
        self.curve: list[CurvePoint] = []

    def stage(self, stage: Stage, text: str = "", *, total_steps: int | None = None) -> None:
        """Enter a stage; `total_steps` is set once, when training begins."""
        self._stage = stage
        self._total = self._total if total_steps is None else total_steps
        self._post(lines=(text,) if text else ())

    def line(self, text: str) -> None:
        """One sentence for the team."""
        self._post(lines=(text,))

    def points(self, step: int, *, text: str = "", **values: float) -> None:
        """Curve points of one step; a value that is not finite is left out (JSON has no NaN)."""
        self._step = step
        points = tuple(
            CurvePoint(step=step, name=name, value=float(f"{clipped(value):.6g}"))
            for name, value in values.items()
            if math.isfinite(value)
        )
        self.curve.extend(points)
        self._post(points=points, lines=(text,) if text else ())

    def _post(self, *, points: tuple[CurvePoint, ...] = (), lines: tuple[str, ...] = ()) -> None:
        self._send(
            ChildProgress(
                stage=self._stage,
                step=self._step,
                total_steps=self._total,
                points=points,
                lines=tuple(LogLine.said(text) for text in lines),
            )
        )
