"""Kinds of base models, by what goes in and what comes out. `speech` hears and writes (Whisper), a `speech-encoder`
hears alone (wav2vec 2.0)."""

from __future__ import annotations

from typing import Literal, get_args

Family = Literal["encoder", "decoder", "encoder-decoder", "vision", "detector", "speech", "speech-encoder"]
FAMILIES: tuple[Family, ...] = get_args(Family)

PROCESSOR_FILE: dict[Family, str] = {
    "encoder": "tokenizer.json",
    "decoder": "tokenizer.json",
    "encoder-decoder": "tokenizer.json",
    "vision": "preprocessor_config.json",
    "detector": "preprocessor_config.json",
    "speech": "preprocessor_config.json",
    "speech-encoder": "preprocessor_config.json",
}
"""What a model folder's tokenizer, image processor or feature extractor is read from."""
IMAGE_FAMILIES: tuple[Family, ...] = ("vision", "detector")
"""Those that see."""
