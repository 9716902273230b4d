"""Models of a few thousand random parameters that write, with a word list of their own, as a hub would ship them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

SPECIAL = ("<pad>", "</s>", "<unk>")


def save_word_tokenizer(folder: Path, words: Sequence[str], *, special: Sequence[str] = SPECIAL) -> Any:
    """A fast tokenizer of whole words that puts `</s>` behind each text; the ids of `special` come first."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(dict.fromkeys([*special, *words]))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=64
    )
    fast.save_pretrained(folder)
    return fast


def save_tiny_seq2seq(folder: Path, words: Sequence[str], *, architecture: str = "t5") -> Path:
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = save_word_tokenizer(folder, words)
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        architecture, vocab_size=len(tokenizer), pad_token_id=0, eos_token_id=1, **SIZES[architecture]
    )
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(folder)
    return folder


CHAT_TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}> {{ message['content'] }} </s> {% endfor %}<assistant> "
)
ROLES = ("<system>", "<user>", "<assistant>")


def save_tiny_decoder(
    folder: Path, words: Sequence[str], *, architecture: str = "llama", has_template: bool = True
) -> Path:
    """With a chat template of its own, where it shall have one."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = save_word_tokenizer(folder, [*words, *ROLES])
    if has_template:
        tokenizer.chat_template = CHAT_TEMPLATE
        tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = AutoConfig.for_model(architecture, vocab_size=len(tokenizer), **SIZES[architecture])
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 64,
    "bos_token_id": None,
    "eos_token_id": 1,
    "pad_token_id": 0,
}

SIZES: dict[str, dict[str, Any]] = {
    "llama": SMALL,
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64, "bos_token_id": 1, "eos_token_id": 1},
    "t5": {"d_model": 32, "d_ff": 64, "d_kv": 16, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0},
    "bart": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "bos_token_id": 1,
        "decoder_start_token_id": 1,
        "forced_eos_token_id": None,
        "max_position_embeddings": 64,
    },
}
