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


def end_id(tokenizer: Any) -> int:
    """Raises ValueError where the tokenizer has no end token."""
    if tokenizer.eos_token_id is None:
        raise ValueError("its tokenizer has no end token")
    return int(tokenizer.eos_token_id)


def beginning(tokenizer: Any) -> list[int]:
    """What the tokenizer puts in front of a text: one token, or none."""
    found: list[int] = tokenizer("")["input_ids"]
    return [token for token in found if token == tokenizer.bos_token_id != end_id(tokenizer)][:1]


def begun(tokens: list[int], begin: list[int], end: int) -> list[int]:
    """With that beginning, which a chat template may have put there already; at least one token."""
    return (tokens if tokens[:1] == begin else [*begin, *tokens]) or [end]


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
