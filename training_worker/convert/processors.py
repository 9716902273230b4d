"""What turns examples into a model's inputs: a fast tokenizer for text, an image processor for vision, a feature
extractor for speech."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ..contract.families import IMAGE_FAMILIES, PROCESSOR_FILE, Family
from .errors import ConversionError

VOCABULARIES = ("vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model", "spm.model")
WHOLE = "processor_config.json"
"""Where transformers' processors of two parts keep what is not the tokenizer's."""
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "merges.txt",
    *VOCABULARIES,
)


def write_processor(folder: Path, draft: Path, family: Family) -> None:
    """Copy the processor's files. A tokenizer without `tokenizer.json` is made a fast one where a family reads text."""
    wanted = PROCESSOR_FILE[family]
    others = () if family in IMAGE_FAMILIES else TOKENIZER_FILES
    for name in {wanted, *others}:
        if (folder / name).exists():
            shutil.copyfile(folder / name, draft / name)
    if wanted not in TOKENIZER_FILES and not (draft / wanted).exists():
        _write_nested(folder / WHOLE, draft / wanted, family)
    if (draft / wanted).exists():
        return
    if wanted not in TOKENIZER_FILES:
        raise ConversionError(f"There is no {wanted}: a {family} model needs one.")
    if not any((folder / name).exists() for name in VOCABULARIES):  # transformers would make one that knows no word
        raise ConversionError("There is no tokenizer.")
    if any(folder.glob("*.model")) and importlib.util.find_spec("sentencepiece") is None:
        raise ConversionError(
            "Its tokenizer is a SentencePiece model: install sentencepiece and protobuf, then convert it again."
        )
    load_tokenizer(folder).save_pretrained(draft)


def _write_nested(source: Path, target: Path, family: Family) -> None:
    """The part of a whole processor's file that is the family's own, where there is one; no code of the model's own."""
    name = "image_processor" if family in IMAGE_FAMILIES else "feature_extractor"
    try:
        part = json.loads(source.read_text("utf-8"))[name]
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return
    if isinstance(part, dict) and "auto_map" not in part:
        target.write_text(json.dumps(part, indent=1, sort_keys=True) + "\n", "utf-8")


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Raises `ConversionError` where it is missing, broken or not a fast one."""
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_fast=True
        )
    except Exception as error:  # tokenizers raises plain Exception on a file it cannot read
        raise ConversionError(f"There is no tokenizer that can be made a fast one: {error}") from error
    if not tokenizer.is_fast:
        raise ConversionError("Its tokenizer cannot be made a fast one.")
    return tokenizer


def check_vocabulary(tokenizer: PreTrainedTokenizerBase, embeddings: int) -> None:
    """Raises `ConversionError` where the tokenizer has an id that the embedding of so many rows lacks."""
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= embeddings:
        raise ConversionError(
            f"Its tokenizer has ids up to {highest}, its embedding {embeddings} rows: they do not belong together."
        )


def set_image_size(draft: Path, side: int) -> None:
    """Have the image processor resize to side × side pixels, whole images, instead of what the source says."""
    path = draft / PROCESSOR_FILE["vision"]
    config = json.loads(path.read_text("utf-8"))
    config.update(do_resize=True, do_center_crop=False, size={"height": side, "width": side})
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", "utf-8")
