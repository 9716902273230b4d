"""Kinds of base models, by what goes in and what comes out."""

from __future__ import annotations

from typing import Literal, get_args

Family = Literal["encoder", "decoder", "encoder-decoder", "vision", "speech"]
FAMILIES: tuple[Family, ...] = get_args(Family)
