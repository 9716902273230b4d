"""The model folder of a finished run, in the public libraries' own form.

- A method that adds an adapter of peft's (`lora`, `ia3`): one that `PeftModel.from_pretrained(base, folder)` loads.
- `adapter`: the weights of its bottlenecks, which few lines of the model card put on the base model.
- A method that trains some or all of the backbone (`full`, `top_layers`, `bitfit`): a whole model that the task's Auto
  class loads.
- A frozen backbone (`head`, and untrained models): the head alone; the base model's weights are not copied.

Where transformers' class for the task would pool differently than we do, the head lies in `head.safetensors` and the
model card has the few lines that put both together.
"""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers
from peft import PeftConfig, PromptTuningConfig, TaskType, get_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor, nn

from ..contract.wire import BOTTLENECKS, HEAD_WEIGHTS, MODEL_FILES, WEIGHT_FILE, JobSpec
from ..methods.adapter import bottlenecks
from ..tasks.base import PublicForm, Task, TaskModel

ADAPTER = "default"
"""Peft's own name of a model's first adapter."""
PEFT_PREFIX = "base_model.model."
ADAPTER_WEIGHTS = "adapter_model.safetensors"
CONFIG = "config.json"


@dataclass(frozen=True)
class Parts:
    """What a folder holds. `adapter` is peft's, None without one; `is_whole` where it holds the base model's
    weights, too."""

    form: PublicForm
    adapter: PeftConfig | None
    has_bottlenecks: bool
    is_whole: bool
    base: str
    """What `from_pretrained` takes for the base model: its repository on the hub, else its slug."""

    @property
    def has_head_file(self) -> bool:
        """Adapters keep the head of a public class among their own tensors, whole models among theirs."""
        keeps_layer = self.is_whole or (self.adapter is not None and not self.adapter.is_prompt_learning)
        return not self.form.is_whole_class and (not self.form.layer or not keeps_layer)

    @property
    def virtual_tokens(self) -> int:
        """That the model reads before a text and says something of, which is left out."""
        adapter = self.adapter
        if not isinstance(adapter, PromptTuningConfig) or adapter.task_type == TaskType.SEQ_2_SEQ_LM:
            return 0
        return int(adapter.num_virtual_tokens or 0)


def choose_parts(task: Task, model: TaskModel, spec: JobSpec, max_length: int) -> Parts:
    method, base = spec.config.method if spec.config else None, spec.files.model
    is_hub_id = base.source.count("/") == 1 and " " not in base.source
    adapter = adapter_of(model.backbone)
    has_bottlenecks = bool(bottlenecks(model.backbone))
    is_added = adapter is not None or has_bottlenecks
    return Parts(
        form=task.public_form(model, max_length),
        adapter=adapter,
        has_bottlenecks=has_bottlenecks,
        is_whole=method is not None and not is_added and not method.uses_frozen_features,
        base=base.source if is_hub_id else base.slug,
    )


def adapter_of(backbone: nn.Module) -> PeftConfig | None:
    """That of the adapter that peft has put into it; None without one."""
    found: PeftConfig | None = getattr(backbone, "peft_config", {}).get(ADAPTER)
    return found


def write_folder(folder: Path, task: Task, model: TaskModel, parts: Parts) -> tuple[str, ...]:
    """Write config, processor and weights; returns the names of the files. Equal tensors give equal bytes."""
    config = public_config(task, model, parts.form)
    config.save_pretrained(folder)
    if parts.form.is_whole_class:
        model.backbone.generation_config.save_pretrained(folder)  # type: ignore[operator, union-attr]
    _save_processor(task, folder)
    head = task.exported_top(model.top)
    prefix = _prefix(config, parts.form)
    if parts.adapter is not None:
        _save_adapter(folder, model, parts, prefix, head)
    elif parts.is_whole and parts.form.is_whole_class:
        _save_whole_class(folder, model)
    elif parts.is_whole:
        tensors = {prefix + name: value for name, value in model.backbone.state_dict().items()}
        _save(tensors | _layer(parts.form, head), folder / WEIGHT_FILE)
    if added := bottlenecks(model.backbone):
        _save({prefix + name: value for name, value in added.items()}, folder / BOTTLENECKS)
    if parts.has_head_file:
        _save(head, folder / HEAD_WEIGHTS)
    return tuple(name for name in MODEL_FILES if (folder / name).exists())


def _save_whole_class(folder: Path, model: TaskModel) -> None:
    """By the class itself, which knows the tensors that are one and the same; the config stays as it is there."""
    backbone: Any = model.backbone
    config = (folder / CONFIG).read_bytes()
    backbone.save_pretrained(folder, max_shard_size="100GB")
    (folder / CONFIG).write_bytes(config)


def public_config(task: Task, model: TaskModel, form: PublicForm) -> Any:
    """The backbone's config with the task's labels and the class that loads it."""
    backbone: Any = model.backbone
    config = copy.deepcopy(backbone.config)
    labels = task.context.labels
    if labels:
        config.id2label, config.label2id = dict(enumerate(labels)), {name: n for n, name in enumerate(labels)}
    elif not form.is_whole_class:
        config.num_labels = 1
    for name, value in form.config.items():
        setattr(config, name, value)
    config.architectures = [_architecture(config, form).__name__]
    return config


def _architecture(config: Any, form: PublicForm) -> Any:
    return getattr(transformers, form.auto_class)._model_mapping[type(config)]


def _prefix(config: Any, form: PublicForm) -> str:
    """What the names of the backbone's tensors begin with inside the public class."""
    return f"{_architecture(config, form).base_model_prefix}." if form.layer else ""


def _layer(form: PublicForm, head: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{form.layer}.{name}": value for name, value in head.items()} if form.layer else {}


def _save_processor(task: Task, folder: Path) -> None:
    """As transformers saves it, but without the name of a folder of this machine; what has no place among the outputs
    goes: it is repeated in `tokenizer.json`."""
    before = {path.name for path in folder.iterdir()}
    task.processor.save_pretrained(folder)
    for path in folder.iterdir():
        if path.name not in MODEL_FILES and path.name not in before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _save_adapter(folder: Path, model: TaskModel, parts: Parts, prefix: str, head: dict[str, Tensor]) -> None:
    assert parts.adapter is not None
    adapter = copy.deepcopy(parts.adapter)
    adapter.inference_mode, adapter.base_model_name_or_path = True, parts.base
    is_prompt = adapter.is_prompt_learning
    if parts.form.layer and not is_prompt:
        adapter.modules_to_save = [parts.form.layer]  # type: ignore[attr-defined]
    adapter.save_pretrained(str(folder))
    injected = get_peft_model_state_dict(model.backbone, adapter_name=ADAPTER)
    if is_prompt:
        _save(injected, folder / ADAPTER_WEIGHTS)
        return
    tensors = {prefix + name: value for name, value in injected.items()} | _layer(parts.form, head)
    _save({PEFT_PREFIX + name: value for name, value in tensors.items()}, folder / ADAPTER_WEIGHTS)


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    ready = {name: value.detach().cpu().contiguous() for name, value in sorted(tensors.items())}
    save_file(ready, path, metadata={"format": "pt"})
