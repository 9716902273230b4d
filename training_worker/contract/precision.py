"""How precisely a phase's runs compute."""

from __future__ import annotations

from enum import StrEnum


class Precision(StrEnum):
    """`bf16` is mixed precision: products in bfloat16, what trains and its optimiser in float32."""

    FP32 = "fp32"
    BF16 = "bf16"
