"""The JSON Schema of the configs that a challenge accepts."""

from __future__ import annotations

import copy
import math
from typing import Any

from .base import Range
from .config import UNIONS, SubmissionConfig, models_with, without_null
from .limits import ChallengeLimits


def schema_for(limits: ChallengeLimits) -> dict[str, Any]:
    """JSON Schema (2020-12) of the configs a challenge accepts: the contract's schema, narrowed to the limits."""
    schema = copy.deepcopy(SubmissionConfig.model_json_schema())
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["base_model"]["enum"] = list(limits.base_models)
    _choose(schema, schema["properties"]["method"], "method", limits.methods)
    techniques = schema["properties"]["techniques"]
    techniques["maxItems"] = len(limits.techniques)
    _choose(schema, techniques["items"], "techniques", limits.techniques)
    _narrow(schema["$defs"], limits)
    return schema


def _choose(schema: dict[str, Any], union: dict[str, Any], group: str, names: tuple[str, ...]) -> None:
    """Leave of a union only the models that the challenge allows."""
    models = UNIONS[group]
    allowed = {models[name].__name__ for name in names if name in models}
    mapping = union["discriminator"]["mapping"]
    union["oneOf"] = [ref for ref in union["oneOf"] if ref["$ref"].rsplit("/", 1)[1] in allowed]
    union["discriminator"]["mapping"] = {name: ref for name, ref in mapping.items() if name in names}
    for cls in models.values():
        if cls.__name__ not in allowed:
            del schema["$defs"][cls.__name__]
    if not allowed:
        union.clear()


def _narrow(definitions: dict[str, Any], limits: ChallengeLimits) -> None:
    for field, allowed in limits.ranges.items():
        for owner in models_with(field):
            properties = definitions.get(owner.__name__, {}).get("properties", {})
            name = field.rpartition(".")[2]
            if name in properties:
                _narrow_number(without_null(properties[name]), allowed)


def _narrow_number(schema: dict[str, Any], allowed: Range) -> None:
    schema.update(maximum=allowed.max)
    if allowed.min > schema.get("exclusiveMinimum", -math.inf):
        schema.pop("exclusiveMinimum", None)
        schema.update(minimum=allowed.min)
