"""What a training says while it runs: its stage, its curve, and lines for the team."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..contract.bounds import clipped
from ..contract.log_lines import LogLine, LogMessage
from ..contract.wire import CurvePoint, Stage
from .messages import ChildProgress


class Journal:
    """Sends every entry on at once and keeps the whole curve for `run.json`."""

    def __init__(self, send: Callable[[ChildProgress], None]) -> None:
        self._send = send
        self._stage = Stage.PREPARE
        self._step = 0
        self._total = 0
        self.curve: list[CurvePoint] = []

    def stage(self, stage: Stage, message: LogMessage, *, total_steps: int | None = None) -> None:
        """Enter a stage; `total_steps` is set once, when training begins."""
        self._stage = stage
        self._total = self._total if total_steps is None else total_steps
        self._post(lines=(message,))

    def line(self, message: LogMessage) -> None:
        """One line for the team."""
        self._post(lines=(message,))

    def points(self, step: int, message: LogMessage | None = None, /, **values: float) -> None:
        """Curve points of one step; a value that is not finite is left out (JSON has no NaN)."""
        self._step = step
        points = tuple(
            CurvePoint(step=step, name=name, value=float(f"{clipped(value):.6g}"))
            for name, value in values.items()
            if math.isfinite(value)
        )
        self.curve.extend(points)
        self._post(points=points, lines=(message,) if message else ())

    def _post(self, *, points: tuple[CurvePoint, ...] = (), lines: tuple[LogMessage, ...] = ()) -> None:
        self._send(
            ChildProgress(
                stage=self._stage,
                step=self._step,
                total_steps=self._total,
                points=points,
                lines=tuple(LogLine.said(line) for line in lines),
            )
        )
