"""A pretrained decoder from its folder, its weights as the config wants them."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from ..contract.precision import Precision
from .base import Context


def load_causal_lm(context: Context) -> Any:
    """On CPU, in 4 bits on the card. Raises ImportError where 4 bits are asked for and bitsandbytes is missing."""
    return AutoModelForCausalLM.from_pretrained(
        context.folder,
        dtype=getattr(torch, context.weights.dtype),
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        **(_four_bit(context) if context.weights.load_in_4bit else {}),
    )


def _four_bit(context: Context) -> dict[str, Any]:
    """As QLoRA has it (Dettmers et al. 2023): NF4, scales quantized again, products in the run's precision."""
    compute = torch.bfloat16 if context.precision is Precision.BF16 else torch.float32
    config: Any = BitsAndBytesConfig
    quantization = config(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
    return {"quantization_config": quantization, "device_map": {"": 0}}
