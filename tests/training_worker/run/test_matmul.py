"""float32 means float32 on every chip, whichever library multiplies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import make_config

pytestmark = pytest.mark.torch

AVX512 = {"avx512f", "avx512bw", "avx512vl", "avx512dq"}
CAPPED = """
import json, sys, torch
from training_worker.run import matmul

matmul.cpu_flags = lambda: json.loads(sys.argv[1])
chosen = matmul.fix_matmul(torch.device("cpu"))
print(json.dumps([chosen.name, torch.get_float32_matmul_precision(), matmul.product_error()]))
"""


@pytest.fixture(autouse=True)
def _as_before() -> Any:
    import torch

    before = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize(
    ("flags", "faster"),
    [
        (AVX512, True),
        (AVX512 | {"avx512_bf16"}, True),
        (AVX512 | {"amx_tile", "amx_bf16", "amx_int8"}, False),
        (AVX512 - {"avx512vl"}, False),
        ({"avx2", "fma"}, False),
        (set(), False),
    ],
)
def test_onednn_is_for_chips_with_avx512_and_without_amx(flags: set[str], faster: bool) -> None:
    from training_worker.run.matmul import is_onednn_faster

    assert is_onednn_faster(flags) is faster


def test_what_the_chip_can_do_is_read_from_the_kernel(tmp_path: Path) -> None:
    from training_worker.run.matmul import cpu_flags

    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nflags\t\t: fpu avx512bw amx_tile\nbugs\t:\n\nprocessor\t: 1\nflags\t: fpu\n")
    assert cpu_flags(told) == {"fpu", "avx512bw", "amx_tile"}
    assert cpu_flags(tmp_path / "missing") == frozenset()
    told.write_text("Features : asimd\n")
    assert cpu_flags(told) == frozenset()


def test_products_are_float32_after_the_choice() -> None:
    import torch

    from training_worker.run.matmul import LARGEST_ERROR, fix_matmul, product_error

    torch.set_float32_matmul_precision("medium")
    chosen = fix_matmul(torch.device("cpu"))
    assert product_error() <= LARGEST_ERROR
    assert (torch.get_float32_matmul_precision() == "medium") is (chosen.name == "oneDNN, float32")


@pytest.mark.parametrize("isa", ["AVX512_CORE", ""], ids=["without bfloat16", "as it is"])
def test_a_chip_that_would_round_to_bfloat16_keeps_to_the_default(isa: str) -> None:
    """Its flags say nothing of AMX: then the error of a product does. oneDNN is told not to use AMX, or may."""
    from training_worker.run.matmul import DEFAULT, cpu_flags

    if not cpu_flags() >= AVX512:
        pytest.skip("this chip has no AVX-512")
    environment = os.environ | ({"ONEDNN_MAX_CPU_ISA": isa} if isa else {})
    done = subprocess.run(
        [sys.executable, "-c", CAPPED, json.dumps(sorted(AVX512))],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    name, precision, error = json.loads(done.stdout)
    assert error <= 1e-5
    rounds = not isa and any(flag.startswith("amx") for flag in cpu_flags())
    assert (name, precision) == ((DEFAULT.name, "highest") if rounds else ("oneDNN, float32", "medium"))


def test_a_run_names_who_multiplied(run_job: Callable[..., tuple[Any, Path, list[Any]]]) -> None:
    from training_worker.run.matmul import DEFAULT, ONEDNN

    result, output, _ = run_job(make_config("full", num_train_epochs=1))
    assert result.telemetry.versions["matmul"] in {DEFAULT.name, ONEDNN.name}
    assert json.loads((output / "run.json").read_text())["result"]["telemetry"]["versions"]["matmul"]


def test_eager_attention_gives_the_same_run(
    run_job: Callable[..., tuple[Any, Path, list[Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it goes with oneDNN: other last digits, the same model folder."""
    from training_worker.run import run as runs
    from training_worker.run.matmul import ONEDNN

    config = make_config("full", num_train_epochs=2)
    plain, before, _ = run_job(config)
    monkeypatch.setattr(runs, "fix_matmul", lambda device: ONEDNN)
    eager, after, _ = run_job(config)
    assert eager.validation == pytest.approx(plain.validation, abs=1e-3)
    assert (before / "config.json").read_bytes() == (after / "config.json").read_bytes()
