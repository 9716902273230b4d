"""A pretrained text encoder: its tokenizer, its weights, and one vector of each text by its own pooling."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerBase

from ..contract.facts import Pooling
from .base import Context, TaskModel
from .heads import LinearHead


class TextModel(TaskModel):
    """An encoder with its own pooling (masked mean or first token): one vector (B, H) of each text.

    The stock `AutoModelForSequenceClassification` would add a new random pooler to a sentence encoder; with this one
    the untrained model already is the base score's.
    """

    def __init__(self, backbone: nn.Module, top: nn.Module, pooling: Pooling) -> None:
        super().__init__(backbone, top)
        self.pooling = pooling

    def features(self, **inputs: Tensor) -> Tensor:
        hidden: Tensor = self.backbone(**inputs).last_hidden_state
        if self.pooling == "cls":
            return hidden[:, 0].float()
        mask = inputs.get("attention_mask")
        if mask is None:
            return hidden.float().mean(dim=1)
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return ((hidden * weights).sum(dim=1) / weights.sum(dim=1)).float()


def load_tokenizer(folder: Path, *, split_words: bool = False) -> PreTrainedTokenizerBase:
    """The fast tokenizer of a base model; `split_words` where it gets lists of words instead of texts."""
    options = {"local_files_only": True, "trust_remote_code": False, "use_fast": True}
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, **options)
    if split_words and getattr(tokenizer, "add_prefix_space", True) is False:  # byte-level BPE wants it for words
        tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True, **options)
    return tokenizer


def load_encoder(context: Context, *, has_dropout: bool = True) -> nn.Module:
    """The context's base model in float32 from a safetensors folder, without the pooler that our pooling does not
    use."""
    config = AutoConfig.from_pretrained(context.folder, local_files_only=True, trust_remote_code=False)
    if not has_dropout:
        drop_nothing(config)
    if not context.has_weights:
        return shape_of(config, **without_pooler(config))
    encoder: nn.Module = AutoModel.from_pretrained(
        context.folder,
        config=config,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        **without_pooler(config),
    )
    return encoder


def shape_of(config: Any, **options: bool) -> nn.Module:
    """The model of this config in float32, its tensors on the meta device."""
    with torch.device("meta"):
        shape: nn.Module = AutoModel.from_config(config, dtype=torch.float32, **options)  # type: ignore[no-untyped-call]
    return shape


def drop_nothing(config: Any) -> None:
    """Set every probability of dropout to 0, by transformers' names of them (`hidden_dropout_prob`, `attn_pdrop`)."""
    for name, value in config.to_dict().items():
        if isinstance(value, float) and ("dropout" in name or name.endswith("pdrop")):
            setattr(config, name, 0.0)


def without_pooler(config: Any) -> dict[str, bool]:
    """What tells `AutoModel.from_pretrained` to leave the pooler out, for architectures that have one."""
    architecture: Any = AutoModel._model_mapping[type(config)]
    has_pooler = "add_pooling_layer" in inspect.signature(architecture).parameters
    return {"add_pooling_layer": False} if has_pooler else {}


def width_and_dropout(encoder: nn.Module) -> tuple[int, float]:
    """Of a head on this encoder: the size of its features and, as transformers' own heads have it, the dropout."""
    config: Any = encoder.config
    dropout = getattr(config, "classifier_dropout", None)
    return config.hidden_size, getattr(config, "hidden_dropout_prob", 0.1) if dropout is None else dropout


def build_text_model(
    context: Context, outputs: int, head: type[LinearHead] = LinearHead, *, has_dropout: bool = True
) -> TextModel:
    """The context's encoder under a `head` of that many outputs."""
    encoder = load_encoder(context, has_dropout=has_dropout)
    width, dropout = width_and_dropout(encoder)
    return TextModel(encoder, head(width, outputs, dropout), context.pooling or "mean")


@cache
def max_positions(folder: Path) -> int:
    """Tokens that the encoder in this folder can read at most; very many where nothing bounds them."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    return positions_of(shape_of(config)) or 2**31


def positions_of(encoder: nn.Module) -> int | None:
    """Tokens that it can read at most; None where its positions are relative or it reads no tokens.

    RoBERTa and its kin number positions from `padding_idx + 1`: their table has rows that no token uses.
    """
    config: Any = encoder.config
    rows = getattr(getattr(config, "encoder", config), "max_position_embeddings", None)
    if not isinstance(rows, int) or rows < 1:
        return None
    for name, module in encoder.named_modules():
        is_table = isinstance(module, nn.Embedding) and name.endswith("position_embeddings")
        if is_table and module.num_embeddings == rows and module.padding_idx is not None:
            return rows - int(module.padding_idx) - 1
    return rows
