"""How this chip multiplies float32 matrices: chosen once for a run, by the chip alone, and named in its record.

On x86 chips with AVX-512 but without AMX, oneDNN multiplies float32 matrices much faster than torch's default, MKL (2.3
times where it was seen), with the same error. torch gives them to oneDNN only under the precision "medium", which on
chips with AMX means bfloat16 and on a card TF32: there the precision stays "highest".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

LARGEST_ERROR = 1e-5
"""Relative to the largest element: float32 stays below 1e-6, bfloat16 and TF32 are above 1e-4."""


@dataclass(frozen=True)
class Matmul:
    """Who multiplies, and which attention goes with it: flash attention calls it for many small matrices, which takes
    oneDNN 1.5 times as long as whole ones."""

    name: str
    is_attention_eager: bool = False


HAS_MKL: bool = torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]
DEFAULT = Matmul("MKL, float32" if HAS_MKL else "BLAS, float32")
ONEDNN = Matmul("oneDNN, float32", is_attention_eager=True)
CARD = Matmul("cuBLAS, float32")


def fix_matmul(device: torch.device) -> Matmul:
    """Set torch's precision of float32 products, for this process, to the fastest that still is float32."""
    torch.set_float32_matmul_precision("highest")
    if device.type != "cpu":
        return CARD
    if not is_onednn_faster(cpu_flags()):
        return DEFAULT
    torch.set_float32_matmul_precision("medium")
    if product_error() <= LARGEST_ERROR:
        return ONEDNN
    torch.set_float32_matmul_precision("highest")
    return DEFAULT


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the first processor can do, in the kernel's words; none where it does not tell."""
    try:
        found = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(), re.MULTILINE)
    except OSError:
        return frozenset()
    return frozenset(found[1].split()) if found else frozenset()


def is_onednn_faster(flags: Iterable[str]) -> bool:
    """AVX-512, for which torch has oneDNN's products at all, and no AMX, for which they would be bfloat16's."""
    found = set(flags)
    return {"avx512bw", "avx512vl", "avx512dq"} <= found and not any(flag.startswith("amx") for flag in found)


def product_error() -> float:
    """Largest error of one product as torch computes it now, relative to the largest element."""
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(128, 128, generator=generator) for _ in range(2))
    exact = left.double() @ right.double()
    return float(((left @ right).double() - exact).abs().max() / exact.abs().max())
