"""Tiny models of random weights as a hub would ship them, one for each architecture that the tests tell apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 300,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "bert": SMALL | {"max_position_embeddings": 64},
    "roberta": SMALL | {"max_position_embeddings": 66, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64, "vocab_size": 300},
    "t5": {"d_model": 32, "d_ff": 64, "d_kv": 16, "num_layers": 2, "num_heads": 2, "vocab_size": 300},
    "vit": SMALL | {"image_size": 32, "patch_size": 16},
    "efficientnet": {
        "image_size": 64,
        "width_coefficient": 0.25,
        "depth_coefficient": 0.25,
        "hidden_dim": 320,
    },
    "wav2vec2": SMALL
    | {
        "vocab_size": 32,
        "conv_dim": [16, 16, 16],
        "conv_kernel": [10, 8, 4],
        "conv_stride": [5, 8, 4],
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 4,
        "feat_extract_norm": "layer",
        "do_stable_layer_norm": True,
        "mask_time_prob": 0.5,
    },
    "whisper": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "vocab_size": 300,
        "max_source_positions": 100,
        "max_target_positions": 32,
        "bos_token_id": 0,
        "pad_token_id": 2,
        "eos_token_id": 2,
        "decoder_start_token_id": 0,
    },
    "resnet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    "yolos": SMALL
    | {
        "image_size": [32, 32],
        "patch_size": 8,
        "num_detection_tokens": 6,
        "hidden_dropout_prob": 0.0,
        "use_mid_position_embeddings": False,
    },
    "detr": {
        "use_timm_backbone": False,
        "backbone_config": {
            "model_type": "resnet",
            "embedding_size": 8,
            "hidden_sizes": [8, 16],
            "depths": [1, 1],
            "layer_type": "basic",
            "out_features": ["stage2"],
        },
        "d_model": 32,
        "num_queries": 6,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "dropout": 0.0,
    },
}
IMAGE_PROCESSORS = {
    "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}},
    "efficientnet": {"image_processor_type": "EfficientNetImageProcessor", "size": {"height": 64, "width": 64}},
    "resnet": {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}},
    "yolos": {"image_processor_type": "YolosImageProcessor", "size": {"height": 32, "width": 32}, "do_pad": False},
    "detr": {"image_processor_type": "DetrImageProcessor", "size": {"height": 32, "width": 32}, "do_pad": False},
}
DETECTORS = ("yolos", "detr")
FEATURE_EXTRACTORS = {
    "wav2vec2": {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "return_attention_mask": True},
    "whisper": {"feature_extractor_type": "WhisperFeatureExtractor", "chunk_length": 2},
}
"""The whisper of the tests hears 2 s."""


def make_config(architecture: str, **changes: Any) -> Any:
    from transformers import AutoConfig

    return AutoConfig.for_model(architecture, **CONFIGS[architecture] | changes)


def structure(architecture: str) -> Any:
    """The model on the meta device: its layers without any weights."""
    import torch
    import transformers

    auto: Any = transformers.AutoModel
    with torch.device("meta"):
        return auto.from_config(make_config(architecture))


def save_source(architecture: str, folder: Path, **changes: Any) -> Path:
    """Weights, config with `changes`, and processor files."""
    import torch
    import transformers

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    auto: Any = transformers.AutoModelForObjectDetection if architecture in DETECTORS else transformers.AutoModel
    auto.from_config(make_config(architecture, **changes)).save_pretrained(folder)
    if architecture in IMAGE_PROCESSORS:
        (folder / "preprocessor_config.json").write_text(json.dumps(IMAGE_PROCESSORS[architecture]))
        return folder
    if architecture in FEATURE_EXTRACTORS:
        (folder / "preprocessor_config.json").write_text(json.dumps(FEATURE_EXTRACTORS[architecture]))
    save_byte_tokenizer(folder)
    return folder


def save_byte_tokenizer(folder: Path) -> None:
    """A RoBERTa tokenizer of single bytes: 4 special tokens and 256 others."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import RobertaTokenizerFast

    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet()), "<mask>"]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    RobertaTokenizerFast(vocab=vocabulary, merges=[]).save_pretrained(folder)


def edit_json(path: Path, **changes: Any) -> None:
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content | changes), "utf-8")


LETTERS = ("<pad>", "<unk>", "|", *"HIO")


DROPOUTS = (
    "hidden_dropout",
    "attention_dropout",
    "activation_dropout",
    "feat_proj_dropout",
    "final_dropout",
    "layerdrop",
)
SLOW: dict[str, Any] = {"conv_kernel": [20, 10, 8], "conv_stride": [10, 10, 8]} | dict.fromkeys(DROPOUTS, 0.0)
"""Of a wav2vec 2.0 that makes 20 frames a second and drops nothing."""


def save_ctc_source(folder: Path) -> Path:
    """A wav2vec 2.0 with a head for capital letters and their names, 20 frames a second."""
    import torch
    from transformers import AutoModelForCTC, Wav2Vec2CTCTokenizer

    save_source("wav2vec2", folder, **SLOW)
    for path in folder.glob("*token*"):
        path.unlink()
    (folder / "vocab.json").write_text(json.dumps({letter: number for number, letter in enumerate(LETTERS)}))
    Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), bos_token=None, eos_token=None).save_pretrained(folder)
    torch.manual_seed(0)
    config = make_config("wav2vec2", **SLOW)
    config.vocab_size, config.pad_token_id = len(LETTERS), 0
    AutoModelForCTC.from_config(config).save_pretrained(folder)
    return folder
