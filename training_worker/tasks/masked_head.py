"""The head for masked words that transformers' class of an architecture has, on vectors of masks alone: of a whole text
only one position is asked for, and the words are many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForMaskedLM
from transformers.modeling_outputs import BaseModelOutput

STD = 0.02
"""Of new weights, as BERT has it."""
SMALL = 0.25
"""Of a new head's vectors beside those of a trained one."""


class Given(nn.Module):
    """In the place of an encoder: its output is what it is given."""

    hidden: Tensor

    def forward(self, *_args: Any, **_options: Any) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=self.hidden)


class MaskedHead(nn.Module):
    """Vectors of masks (B, H) → logits of all tokens (B, V). The matrix of its last layer is that of the encoder's
    embeddings, where the architecture ties both."""

    def __init__(self, whole: Any) -> None:
        """`whole` is the public class; its encoder is taken out."""
        super().__init__()
        setattr(whole, whole.base_model_prefix, Given())
        self.whole = whole

    def forward(self, features: Tensor) -> Tensor:
        given = getattr(self.whole, self.whole.base_model_prefix)
        given.hidden = features.unsqueeze(1)
        mark = torch.zeros(len(features), 1, dtype=torch.long, device=features.device)
        logits: Tensor = self.whole(input_ids=mark).logits
        return logits[:, 0]

    @property
    def words(self) -> nn.Linear:
        layer: nn.Linear = self.whole.get_output_embeddings()
        return layer

    @property
    def last_norm(self) -> nn.LayerNorm | None:
        """What makes the vectors that are compared with words; None where there is none, or words have no bias."""
        norms = [module for module in self.whole.modules() if isinstance(module, nn.LayerNorm)]
        return norms[-1] if norms and isinstance(self.words.bias, Tensor) else None

    @torch.no_grad()
    def draw(self) -> None:
        """New weights from torch's global generator; those of the embeddings stay."""
        for module in self.whole.modules():
            if isinstance(module, nn.LayerNorm):
                module.reset_parameters()
            elif isinstance(module, nn.Linear):
                if module is not self.words:
                    nn.init.normal_(module.weight, std=STD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    @torch.no_grad()
    def say(self, logits: Tensor) -> None:
        """Give nearly these logits (V,) for whatever is read, until it is trained: the vectors of its `last_norm` begin
        `SMALL`. At zero they would learn next to nothing: no gradient reaches the layers before it."""
        assert self.last_norm is not None
        self.last_norm.weight.fill_(SMALL)
        if self.last_norm.bias is not None:
            self.last_norm.bias.zero_()
        self.words.bias.copy_(logits)


def load_masked(folder: Path) -> tuple[Any, bool]:
    """The public class in float32, and whether the folder has all of its head: what it lacks is new."""
    whole, report = AutoModelForMaskedLM.from_pretrained(
        folder,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
    )
    return whole, not report["missing_keys"]
