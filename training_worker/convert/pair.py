"""An encoder-decoder model of one encoder twice (Rothe et al. 2020, "Leveraging pre-trained checkpoints"): the second
copy writes. Its attention to the first, and where the encoder has none its head for tokens, are new, drawn from a fixed
seed: such a model has to be trained before it says anything."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import EncoderDecoderModel

from .errors import ConversionError
from .processors import TOKENIZER_FILES, load_tokenizer

SEED = 0


def write_pair(folder: Path, target: Path) -> None:
    """Write the folder that a hub would have. Raises `ConversionError`."""
    tokenizer = load_tokenizer(folder)
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    if start is None or end is None or tokenizer.pad_token_id is None:
        raise ConversionError("Its tokenizer lacks a token to begin, to end or to pad a text with.")
    torch.manual_seed(SEED)
    try:
        model: Any = EncoderDecoderModel.from_encoder_decoder_pretrained(
            str(folder), str(folder), encoder_use_safetensors=True, decoder_use_safetensors=True
        )
    except Exception as error:  # of an architecture that cannot be a decoder, or of broken files
        raise ConversionError(f"No encoder-decoder model can be made of it: {error}") from error
    model.config.decoder_start_token_id, model.config.eos_token_id = start, end
    model.config.pad_token_id = tokenizer.pad_token_id
    for part in (model.config.encoder, model.config.decoder):
        part.name_or_path = ""  # a folder of this machine
    model.save_pretrained(target)
    for name in TOKENIZER_FILES:
        if (folder / name).exists():
            shutil.copyfile(folder / name, target / name)
