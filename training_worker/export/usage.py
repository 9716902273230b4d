"""The few lines of Python in a model card that load its folder with public libraries alone and predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .folder import Parts

FOLDER = "."
CUT_LINES = """\
def cut(module, inputs, outputs):  # what is said of the virtual tokens
    for name in ("last_hidden_state", "logits"):
        if name in outputs:
            outputs[name] = outputs[name][:, {count}:]
    return outputs
model.register_forward_hook(cut)
"""
BOTTLENECK_LINES = """\
adapters = load_file(f"{FOLDER}/adapters.safetensors")
for name in sorted({key.rsplit(".", 2)[0] for key in adapters}):
    def add(module, inputs, output, name=name):
        down, up = ([adapters[f"{name}.{layer}.{kind}"] for kind in ("weight", "bias")] for layer in ("down", "up"))
        inner = torch.nn.functional.gelu(torch.nn.functional.linear(output, *down))
        return output + torch.nn.functional.linear(inner, *up)
    model.get_submodule(name).register_forward_hook(add)
""".splitlines()


def usage_lines(parts: Parts) -> str:
    """A program of about 20 lines."""
    return "\n".join(_lines(parts)) + "\n"


def _lines(parts: Parts) -> Iterator[str]:
    form = parts.form
    yield "import torch"
    if parts.adapter is not None:
        yield "from peft import PeftModel"
    if parts.has_head_file or parts.has_bottlenecks:
        yield "from safetensors.torch import load_file"
    yield f"from transformers import AutoConfig, {form.auto_class}, {form.processor_class}"
    yield ""
    yield f'FOLDER = "{FOLDER}"  # where these files are'
    if not parts.is_whole:
        yield f'BASE = "{parts.base}"  # the base model: its id on the hub, or its folder'
    yield "config = AutoConfig.from_pretrained(FOLDER)"
    yield "labels = config.id2label"
    yield f"processor = {form.processor_class}.from_pretrained(FOLDER{_keywords(form.processor_options)})"
    yield from _model(parts)
    yield ""
    yield form.usage.rstrip()


def _keywords(options: dict[str, Any]) -> str:
    return "".join(f", {name}={value!r}" for name, value in options.items())


def _model(parts: Parts) -> Iterator[str]:
    form = parts.form
    source = "FOLDER" if parts.is_whole else "BASE"
    yield f"model = {form.auto_class}.from_pretrained({source}, config=config{_keywords(form.options)})"
    if parts.has_head_file:
        yield 'head = load_file(f"{FOLDER}/head.safetensors")'
        if form.layer:
            yield f'model.get_submodule("{form.layer}").load_state_dict(head)'
    if parts.adapter is not None:
        yield "model = PeftModel.from_pretrained(model, FOLDER)"
    if parts.virtual_tokens:
        yield from CUT_LINES.format(count=parts.virtual_tokens).splitlines()
    if parts.has_bottlenecks:
        yield from BOTTLENECK_LINES
    yield "model.eval()"
