"""A pretrained vision model without a head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModel


def load_vision_backbone(folder: Path) -> nn.Module:
    """In float32, without the pooler of a vision transformer's pre-training: the public classes have none either."""
    backbone: Any = AutoModel.from_pretrained(
        folder,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )
    if hasattr(getattr(backbone, "pooler", None), "dense"):
        backbone.pooler = None
    module: nn.Module = backbone
    return module
