"""A pretrained encoder-decoder of speech: it hears a sound and says its words token by token."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForSpeechSeq2Seq, AutoTokenizer, PreTrainedTokenizerBase

from .base import TaskModel
from .sounds import load_feature_extractor

TASK_TOKENS = ("<|notimestamps|>",)
"""Of Whisper's vocabulary: what follows the token that every answer begins with."""


@dataclass(frozen=True)
class SpeechProcessor:
    """Feature extractor and tokenizer."""

    extractor: Any
    tokenizer: PreTrainedTokenizerBase

    @classmethod
    def load(cls, folder: Path) -> SpeechProcessor:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False, use_fast=True)
        return cls(load_feature_extractor(folder), tokenizer)

    def save_pretrained(self, folder: Path) -> None:
        self.extractor.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def prompt(self, start: int) -> list[int]:
        """Tokens that every answer begins with, from the decoder's first one."""
        known = self.tokenizer.get_vocab()
        return [start, *(known[token] for token in TASK_TOKENS if token in known)]

    def encode(self, text: str) -> list[int]:
        """Whisper was taught texts that begin with a space."""
        ids: list[int] = self.tokenizer(" " + text.strip(), add_special_tokens=False)["input_ids"]
        return ids

    def decode(self, ids: list[int]) -> str:
        text = str(self.tokenizer.decode(ids, skip_special_tokens=True))
        return " ".join(text.split())


class TranscriptionModel(TaskModel):
    """The whole pretrained model is the backbone: its head is the embedding of tokens, and there is no other top."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__(backbone, nn.Identity())

    def forward(self, **inputs: Tensor) -> Tensor:
        """Logits (B, L, V) of the token after each of `decoder_input_ids` (B, L)."""
        logits: Tensor = self.decode(self.encode(inputs), inputs["decoder_input_ids"]).logits
        return logits

    def encode(self, inputs: dict[str, Tensor]) -> Tensor:
        """What is heard, (B, T, H)."""
        backbone: Any = self.backbone
        states: Tensor = backbone.get_encoder()(inputs["input_features"]).last_hidden_state
        return states

    def decode(self, heard: Tensor, ids: Tensor, **options: Any) -> Any:
        return self.backbone(encoder_outputs=(heard,), decoder_input_ids=ids, **options)

    def say(self, heard: Tensor, prompt: list[int], *, most: int, end: int) -> Tensor:
        """(B, at most `most`) tokens, each the likeliest after those before it; `end` after the end of an answer."""
        step = torch.tensor(prompt, device=heard.device).expand(len(heard), -1)
        is_done = torch.zeros(len(heard), dtype=torch.bool, device=heard.device)
        said: list[Tensor] = []
        kept = None
        for _ in range(most):
            outputs = self.decode(heard, step, past_key_values=kept, use_cache=True)
            kept = outputs.past_key_values
            token = outputs.logits[:, -1].argmax(dim=-1).masked_fill(is_done, end)
            said.append(token)
            is_done |= token == end
            if bool(is_done.all()):
                break
            step = token.unsqueeze(1)
        return torch.stack(said, dim=1)


def load_transcriber(folder: Path) -> TranscriptionModel:
    """In float32."""
    backbone: Any = AutoModelForSpeechSeq2Seq.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
    return TranscriptionModel(backbone)
