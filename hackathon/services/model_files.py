"""Judging a model by the structure of its files: JSON that names no code, a safetensors header that fits its file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from training_worker.contract.families import PROCESSOR_FILE
from training_worker.contract.models import ModelInfo
from training_worker.contract.tasks import TASKS

MAX_HEADER = 16 * 2**20
MAX_JSON = 64 * 2**20
CODE_KEYS = ("auto_map", "custom_pipelines", "trust_remote_code")
DTYPE_BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64"), 8),
}


def check_facts(info: ModelInfo) -> Iterator[str]:
    """What `model.json` says of the model that cannot be so."""
    for task in info.tasks:
        if task not in TASKS:
            yield _("“%(task)s” is not a task of this site.") % {"task": task}
        elif info.family not in TASKS[task].families:
            named = {"family": info.family, "task": task}
            yield _("A model of family “%(family)s” cannot do the task “%(task)s”.") % named
    processor = PROCESSOR_FILE[info.family]
    if processor not in {file.name for file in info.files}:
        yield _("The list of files lacks %(name)s.") % {"name": processor}
    if info.family == "encoder" and info.pooling is None:
        yield _("An encoder needs a pooling: “mean” or “cls”.")


def check_json_file(name: str, file: IO[bytes], size: int, info: ModelInfo) -> Iterator[str]:
    """What is wrong with one of the model's JSON files; `config.json` must fit `model.json`."""
    if size > MAX_JSON:
        yield _("The file is larger than %(limit)d MiB.") % {"limit": MAX_JSON // 2**20}
        return
    try:
        content = json.loads(file.read(size))
    except (ValueError, RecursionError):
        yield _("This is not valid JSON.")
        return
    if isinstance(content, dict):
        for key in CODE_KEYS:
            if key in content:
                yield _("“%(key)s” makes a loader run code that comes with the model.") % {"key": key}
    if name == "config.json":
        yield from _check_config(content if isinstance(content, dict) else {}, info)


def _check_config(config: dict[str, Any], info: ModelInfo) -> Iterator[str]:
    if config.get("model_type") != info.architecture:
        yield _("Its model_type is not the architecture in model.json.")
    positions = config.get("max_position_embeddings")
    if type(positions) is int and positions > 0 and info.max_positions is None:
        yield _("It has %(positions)d positions; model.json states no bound: convert it again.") % {
            "positions": positions
        }
    elif type(positions) is int and info.max_positions is not None and info.max_positions > positions:
        yield _("It has %(positions)d positions; model.json says %(listed)d.") % {
            "positions": positions,
            "listed": info.max_positions,
        }


def check_weights(file: IO[bytes], size: int) -> Iterator[str]:
    """What is wrong with a safetensors file. Reads its header only: the tensors must tile the rest without gap."""
    length = int.from_bytes(file.read(8), "little") if size >= 8 else 0
    if not 2 <= length <= min(MAX_HEADER, size - 8):
        yield _("This is not a safetensors file: its header has an impossible length.")
        return
    try:
        header = json.loads(file.read(length))
        spans = sorted(_span(entry) for name, entry in header.items() if name != "__metadata__")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        yield _("This is not a safetensors file: its header cannot be read.")
        return
    end = 0
    for begin, stop in spans:
        if begin != end:
            yield _("The tensors of this safetensors file overlap or leave gaps.")
            return
        end = stop
    if not spans or end != size - 8 - length:
        yield _("The tensors of this safetensors file do not fill it.")


def _span(entry: dict[str, Any]) -> tuple[int, int]:
    begin, end = entry["data_offsets"]
    shape = entry["shape"]
    if not all(type(number) is int and number >= 0 for number in (begin, end, *shape)):
        raise ValueError
    if end - begin != math.prod(shape) * DTYPE_BYTES[entry["dtype"]]:
        raise ValueError
    return begin, end
