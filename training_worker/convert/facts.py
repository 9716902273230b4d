"""What a model can do, found out from its config, its structure and its files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForObjectDetection,
    AutoModelForSeq2SeqLM,
    PreTrainedModel,
)
from transformers.models.auto import modeling_auto

from ..contract.config import LONGEST, SHORTEST
from ..contract.facts import LinearSize, ModelFacts, ModelSize, Pooling
from ..contract.families import IMAGE_FAMILIES, Family
from ..contract.tasks import TASKS, TaskSpec
from ..methods.bitfit import is_bias
from ..methods.layers import layer_groups, layers_below, target_layers
from ..run.checkpoints import checkpointed_layers
from ..tasks import image_cells, load_task, set_detection
from ..tasks.base import Context, UnfitModel
from ..tasks.image_processor import Normalization, load_image_processor, resize
from ..tasks.sounds import Heard, Listener, SoundSplit, load_feature_extractor
from ..tasks.speech_encoder import SpeechModel, load_speech_encoder
from ..tasks.text_encoder import positions_of
from .errors import ConversionError
from .processors import check_vocabulary, load_tokenizer

AUTO_CLASSES: tuple[tuple[Family, tuple[str, ...]], ...] = (
    ("speech", ("SPEECH_SEQ_2_SEQ",)),
    ("speech-encoder", ("AUDIO_CLASSIFICATION", "CTC")),
    ("detector", ("OBJECT_DETECTION",)),
    ("vision", ("IMAGE",)),
    ("encoder-decoder", ("SEQ_TO_SEQ_CAUSAL_LM",)),
    ("encoder", ("MASKED_LM", "TEXT_ENCODING")),
    ("decoder", ("CAUSAL_LM",)),
)
"""Families by transformers' own lists of the architectures that an auto class has; the first that fits counts."""

SOUNDS = (0.1, 1.0)
"""Seconds of the shortest sound that a bundle may have, and of another."""

TASK_CLASSES = {
    ("string", "class"): "SEQUENCE_CLASSIFICATION",
    ("string", "number"): "SEQUENCE_CLASSIFICATION",
    ("string", "labels"): "SEQUENCE_CLASSIFICATION",
    ("string", "span"): "QUESTION_ANSWERING",
    ("record", "class"): "SEQUENCE_CLASSIFICATION",
    ("record", "number"): "SEQUENCE_CLASSIFICATION",
    ("masked", "words"): "MASKED_LM",
    ("strings", "tags"): "TOKEN_CLASSIFICATION",
    ("image", "class"): "IMAGE_CLASSIFICATION",
    ("audio", "class"): "AUDIO_CLASSIFICATION",
    ("audio", "text"): "SPEECH_SEQ_2_SEQ",
}
"""The auto class that loads a model trained for a first input and an output of these kinds."""
FAMILY_CLASSES: dict[tuple[str, Family], str] = {
    ("automatic-speech-recognition", "speech-encoder"): "CTC",
    ("object-detection", "detector"): "OBJECT_DETECTION",
}
"""The same of a task by models of a family that do it otherwise."""


WRITERS: dict[Family, Any] = {"encoder-decoder": AutoModelForSeq2SeqLM, "decoder": AutoModelForCausalLM}
"""The Auto class of families that write, with their own head for tokens."""
WITH_HEAD: dict[Family, Any] = WRITERS | {"detector": AutoModelForObjectDetection}
"""The Auto class of families that begin with a head of their own."""


def family_of(architecture: str) -> Family:
    """Family of a `model_type`. Raises `ConversionError` for one that transformers does not know or we cannot place."""
    if architecture not in CONFIG_MAPPING:
        raise ConversionError(f"transformers has no architecture {architecture}.")
    for family, classes in AUTO_CLASSES:
        if any(architecture in _architectures(name) for name in classes):
            return family
    families = ", ".join(family for family, _ in AUTO_CLASSES)
    raise ConversionError(f"{architecture} is not an architecture of a family that can be fine-tuned here: {families}.")


def tasks_of(architecture: str, family: Family) -> tuple[str, ...]:
    """Ids of the tasks it can do. Raises `ConversionError` where there is none."""
    tasks = tuple(
        spec.id for spec in TASKS.values() if family in spec.families and _has_class(architecture, family, spec)
    )
    if not tasks:
        wanted = ", ".join(f"{spec.id} ({', '.join(spec.families)})" for spec in TASKS.values())
        raise ConversionError(f"{architecture}, of family {family}, can do none of the tasks: {wanted}.")
    return tasks


def auto_class_of(spec: TaskSpec, family: Family) -> str | None:
    """In the names of transformers' lists; None where any architecture of the family will do."""
    return FAMILY_CLASSES.get((spec.id, family), TASK_CLASSES.get((spec.inputs[0].kind, spec.output)))


def _has_class(architecture: str, family: Family, spec: TaskSpec) -> bool:
    if spec.output in ("boxes", "mask"):
        return architecture in (set_detection if family == "detector" else image_cells).ARCHITECTURES
    name = auto_class_of(spec, family)
    return name is None or architecture in _architectures(name)


def _architectures(name: str) -> dict[str, Any]:
    found: dict[str, Any] = getattr(modeling_auto, f"MODEL_FOR_{name}_MAPPING_NAMES")
    return found


def find_facts(folder: Path, architecture: str, pooling: Pooling | None) -> ModelFacts:
    """Load the converted folder as a worker will, and look. Raises `ConversionError` with what would not run."""
    family = family_of(architecture)
    tasks = tasks_of(architecture, family)
    backbone = load_backbone(folder, WITH_HEAD.get(family, AutoModel))
    if family == "detector":
        backbone = backbone.base_model  # type: ignore[assignment]
    if family in IMAGE_FAMILIES:
        _check_images(backbone, folder)
    elif family in ("speech", "speech-encoder"):
        _check_sounds(folder)
    else:
        check_vocabulary(load_tokenizer(folder), _embeddings(backbone))
        _check_texts(backbone, family)
    tasks = _fitting_tasks(folder, tasks, family, pooling)
    return ModelFacts(
        family=family,
        tasks=tasks,
        max_positions=positions_of(backbone),
        layers=layer_groups(backbone),
        checkpointed=checkpointed_layers(backbone),
        size=size_of(backbone),
    )


def size_of(backbone: PreTrainedModel) -> ModelSize:
    """Of the weights, each counted once; logits of tokens count only where its own head makes them."""
    model: Any = backbone
    head = model.get_output_embeddings()
    linear = {}
    for group in layer_groups(backbone):
        weights: list[Any] = [backbone.get_submodule(name).weight for name in target_layers(backbone, group)]
        widths = sum(sum(weight.shape) for weight in weights)
        linear[group] = LinearSize(weights=sum(weight.numel() for weight in weights), widths=widths)
    return ModelSize(
        parameters=sum(parameter.numel() for parameter in backbone.parameters()),
        vocabulary=len(head.weight) if head is not None else 0,
        linear=linear,
        biases=sum(value.numel() for name, value in backbone.named_parameters() if is_bias(name)),
        by_layer=_by_layer(backbone),
    )


def _by_layer(backbone: PreTrainedModel) -> tuple[int, ...]:
    """See `ModelSize.by_layer`."""
    below, sizes = layers_below(backbone), Counter[int]()
    for name, value in backbone.named_parameters():
        sizes[max(1, below[name])] += value.numel()
    return tuple(sizes[number] for number in range(1, max(sizes) + 1))


def load_backbone(folder: Path, auto_class: Any = AutoModel) -> PreTrainedModel:
    """The model without a task's top, or with one of its own, as `auto_class` has it.

    Raises `ConversionError` where the weights are not those of its config.
    """
    backbone: PreTrainedModel
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        backbone, report = auto_class.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as error:  # what a config with odd values raises is not known beforehand
        raise ConversionError(f"transformers cannot load it: {error}") from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise ConversionError(f"The weights lack {len(missing)} tensors that its config asks for, e.g. {missing[0]}.")
    return backbone


def _embeddings(backbone: PreTrainedModel) -> int:
    table: Any = backbone.get_input_embeddings()
    if not isinstance(table, torch.nn.Embedding):
        raise ConversionError("It has no embedding of tokens: it cannot read texts as they are read here.")
    return table.num_embeddings


def _check_texts(backbone: PreTrainedModel, family: Family) -> None:
    """Do texts go through it, up to the longest that it is said to read, and come out as one vector a token, or from a
    decoder as logits of its first token?"""
    positions = positions_of(backbone)
    if positions is not None and positions < SHORTEST:
        raise ConversionError(f"It reads at most {positions} tokens; {SHORTEST} is the least a config may ask for.")
    longest = min(positions or LONGEST, LONGEST)
    ids = torch.full((2, longest), _embeddings(backbone) - 1)
    mask = torch.ones_like(ids)
    mask[1, longest // 2 :] = 0
    try:
        with torch.no_grad():
            if family in WRITERS:
                answer = {"decoder_input_ids": ids[:, :1]} if family == "encoder-decoder" else {}
                backbone(input_ids=ids, attention_mask=mask, **answer)
                return
            shape = tuple(backbone(input_ids=ids, attention_mask=mask).last_hidden_state.shape)
    except Exception as error:  # what an architecture asks for beside that is its own affair
        raise ConversionError(f"It cannot read a text of {longest} tokens: {error}") from error
    if shape != (*ids.shape, backbone.config.hidden_size):
        raise ConversionError(f"It makes {shape} of {tuple(ids.shape)} tokens, not one vector of each.")


def _check_images(backbone: PreTrainedModel, folder: Path) -> None:
    """Do images of any shape go through it by its own processor, all in one batch?"""
    try:
        processor = load_image_processor(folder)
        images = [resize(Image.new("RGB", size), processor) for size in ((40, 30), (30, 50))]
        with torch.no_grad():
            backbone(pixel_values=Normalization.of(processor)(torch.stack(images)))
    except Exception as error:  # a model's own complaint about a size can be of any kind
        raise ConversionError(f"It cannot read the images of its own processor: {error}") from error


def _check_sounds(folder: Path) -> None:
    """Do sounds go through it by its own feature extractor, short and long in one batch?"""
    try:
        listener = Listener.of(load_feature_extractor(folder))
        waves = [np.zeros(round(seconds * listener.rate), np.float32) for seconds in SOUNDS]
        heard = Heard([listener.hear(wave) for wave in waves], [len(wave) for wave in waves])
        split = SoundSplit(("a", "b"), None, listener, lambda: heard)
        with torch.no_grad():
            SpeechModel(load_speech_encoder(folder), torch.nn.Identity(), listener).features(**split.collate([0, 1]))
    except Exception as error:  # a model's own complaint about a length can be of any kind
        raise ConversionError(f"It cannot hear the sounds of its own feature extractor: {error}") from error


def _fitting_tasks(folder: Path, tasks: tuple[str, ...], family: Family, pooling: Pooling | None) -> tuple[str, ...]:
    """Those for which the model has what they need. Can each of them put its top on it?"""
    fitting = []
    for name in tasks:
        try:
            load_task(name, family)(Context(folder=folder, labels=("a", "b"), pooling=pooling)).build_model()
        except UnfitModel:
            continue
        except Exception as error:  # of libraries that meet an architecture they were not tried on
            raise ConversionError(f"The task {name} cannot be built on it: {error}") from error
        fitting.append(name)
    return tuple(fitting)
