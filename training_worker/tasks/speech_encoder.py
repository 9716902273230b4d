"""A pretrained speech model's encoder, and one vector of each sound: the mean of its states over what is no padding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from .base import TaskModel
from .sounds import Listener


class SpeechModel(TaskModel):
    """The encoder of Whisper, which hears mel spectra of one window, or one like wav2vec 2.0, which hears samples."""

    def __init__(self, backbone: nn.Module, top: nn.Module, listener: Listener) -> None:
        super().__init__(backbone, top)
        self.window = listener.window
        self.is_masked = bool(listener.extractor.return_attention_mask)

    def features(self, **inputs: Tensor) -> Tensor:
        """(B, H) from the extractor's inputs and `samples` (B,)."""
        samples = inputs["samples"]
        hidden = self.states(**inputs)
        length = hidden.shape[1]
        counts = self.frames(samples, length).clamp(1, length).unsqueeze(1)
        is_sound = torch.arange(length, device=hidden.device) < counts
        weights = is_sound.unsqueeze(-1).to(hidden.dtype)
        return ((hidden * weights).sum(dim=1) / counts.to(hidden.dtype)).float()

    def states(self, **inputs: Tensor) -> Tensor:
        """The encoder's last hidden states (B, T, H)."""
        backbone: Any = self.backbone
        if self.window is not None:
            hidden: Tensor = backbone.encoder(inputs["input_features"]).last_hidden_state
            return hidden
        values, samples, mask = inputs["input_values"], inputs["samples"], None
        if self.is_masked:
            mask = (torch.arange(values.shape[1], device=values.device) < samples.unsqueeze(1)).long()
        hidden = backbone(values, attention_mask=mask).last_hidden_state
        return hidden

    def frames(self, samples: Tensor, length: int) -> Tensor:
        """How many of `length` states stand for so many samples."""
        if self.window is not None:
            return -(-samples * length // self.window)
        backbone: Any = self.backbone
        counts: Tensor = backbone._get_feat_extract_output_lengths(samples)
        return counts


def load_speech_encoder(folder: Path) -> nn.Module:
    """The base model in float32, of Whisper without its decoder.

    SpecAugment, which some architectures have of their own, is off: it draws from numpy's generator, which a run's seed
    does not set.
    """
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    config.apply_spec_augment = False
    backbone: Any = AutoModel.from_pretrained(
        folder,
        config=config,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )
    if hasattr(backbone, "decoder"):
        backbone.decoder = None
    module: nn.Module = backbone
    return module
