"""`python -m tests.methods_page` writes docs/methods.md: how a model can be fine-tuned, read from the registries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "methods.md"
HEAD = """# Methods

How a base model is fine-tuned: `method` in a config. Written from the registries by `python -m tests.methods_page`, and
held by a test. The task's own head trains with every method. Before the first step all of them answer as the untrained
model does, but for `prompt_tuning` and `prefix_tuning`, whose first virtual tokens are drawn.
"""
SHAPES = {"parameters": 22_713_216, "layers": 6, "hidden": 384, "inner": 1536}
"""Of MiniLM-L6."""


def page() -> str:
    """The whole of docs/methods.md."""
    from training_worker.contract.methods import METHODS
    from training_worker.contract.tasks import TASKS

    head = ("method", "what trains", "of 22.7 million parameters, about", "a step takes", "what a team downloads")
    methods = [_line(head), _line(["---"] * len(head)), *(_line(_cells(name)) for name in METHODS)]
    fields = ("method", "field", "default", "range", "what it is")
    rows = [_line(fields), _line(["---"] * len(fields)), *(_line(row) for name in METHODS for row in _fields(name))]
    tasks = ("task", *(f"`{name}`" for name in METHODS))
    fits = [_line(tasks), _line(["---"] * len(tasks)), *(_line(_fits(spec)) for spec in TASKS.values())]
    tables = {"What they do": methods, "Fields": rows, "Where they have a meaning": fits}
    return HEAD + "".join(f"\n## {title}\n\n" + "\n".join(lines) + "\n" for title, lines in tables.items()) + FOOT


FOOT = """
The second column of figures counts MiniLM-L6 with the defaults of each method, without a head. The share of a step is
what estimates go by; `head` computes the features of each example once and then trains on them. Where models of another
family do a task otherwise, they are named. A method that a base model cannot be trained by is refused when a config is
submitted, with the reason: `lora`, `adapter` and `ia3` need linear layers in blocks of attention or feed-forward,
`bitfit` needs biases (Llama and T5 have none), `top_layers` as many layers as it asks for; virtual tokens take
positions from the text, and with `prefix_tuning` activations cannot be computed again.
"""


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def minilm() -> Any:
    """Sizes of MiniLM-L6, by hand."""
    from training_worker.contract.facts import LinearSize, ModelSize

    layers, hidden, inner = SHAPES["layers"], SHAPES["hidden"], SHAPES["inner"]
    attention, ff = LinearSize(weights=4 * hidden**2, widths=8 * hidden), hidden * inner
    layer = 4 * (hidden**2 + hidden) + 2 * ff + inner + hidden + 4 * hidden
    groups = {
        "attention": (attention.weights, attention.widths),
        "all-linear": (attention.weights + 2 * ff, attention.widths + 2 * (hidden + inner)),
        "keys-values-ff": (2 * hidden**2 + ff, 4 * hidden + hidden + inner),
        "outputs": (hidden**2 + ff, 2 * hidden + hidden + inner),
    }
    linear = {name: LinearSize(weights=layers * one, widths=layers * two) for name, (one, two) in groups.items()}
    below = SHAPES["parameters"] - layers * layer
    return ModelSize.model_validate(
        {
            "parameters": SHAPES["parameters"],
            "linear": {name: one.model_dump() for name, one in linear.items()},
            "biases": layers * (7 * hidden + inner) + hidden,
            "by_layer": (*[layer] * layers, below),
        }
    )


def _cells(name: str) -> Iterator[str]:
    from training_worker.contract.config import summary
    from training_worker.contract.methods import METHODS

    cls, size = METHODS[name], minilm()
    config = cls.model_validate({"name": name})
    trained = config.trained_parameters(size) + config.added_parameters(size)
    yield f"`{name}`"
    yield summary(cls)
    yield "none" if cls.uses_frozen_features else f"{trained:,} ({_percent(trained / size.parameters)})"
    yield "–" if cls.uses_frozen_features else f"{config.step_share(size):.2g} of `full`"
    yield DOWNLOADS[name]


WHOLE, PEFT = "the whole model", "an adapter of peft"
DOWNLOADS = {
    "full": WHOLE,
    "head": "the head",
    "top_layers": WHOLE,
    "lora": PEFT,
    "adapter": "the bottlenecks, with the lines that put them on the base model",
    "bitfit": WHOLE,
    "ia3": PEFT,
    "prompt_tuning": PEFT,
    "prefix_tuning": PEFT,
}


def _percent(share: float) -> str:
    return "100 %" if share == 1 else f"{100 * share:.2g} %"


def _fields(name: str) -> Iterator[tuple[str, ...]]:
    from training_worker.contract.config import describe_allowed
    from training_worker.contract.limits import as_json
    from training_worker.contract.methods import METHODS

    for field, info in METHODS[name].model_fields.items():
        if field != "name":
            allowed = describe_allowed(METHODS[name], field) or "false, true"
            yield f"`{name}`", f"`{field}`", f"`{as_json(info.default)}`", allowed, info.description or ""


def _fits(spec: Any) -> Iterator[str]:
    from training_worker.contract.methods import METHODS

    yield f"`{spec.id}`"
    for method in METHODS.values():
        families = [family for family in spec.variants if method.fits(spec.of(family)) != method.fits(spec)]
        said = "yes" if method.fits(spec) else "–"
        yield f"{said}; {', '.join(families)}: {'–' if method.fits(spec) else 'yes'}" if families else said


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE)
