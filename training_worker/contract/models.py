"""`model.json`: how a converted base model describes itself. `convert` writes it, `import_model` reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from .base import Slug
from .facts import ModelFacts, Pooling
from .wire import FileRef

MODEL_JSON = "model.json"


class ModelInfo(ModelFacts):
    """A safetensors folder: `files` are all files but `model.json` itself, their `url` empty."""

    slug: Slug
    name: Annotated[str, Field(min_length=1, max_length=200)]
    architecture: Annotated[str, Field(max_length=100)]
    """`model_type` of the Hugging Face config, e.g. `bert`."""
    source: Annotated[str, Field(max_length=500)]
    """Where it came from: a hub repository id or a package name and version."""
    revision: Annotated[str, Field(max_length=100)]
    license: Annotated[str, Field(max_length=100)]
    parameters: Annotated[int, Field(ge=1)]
    pooling: Pooling | None = None
    """How a text encoder makes one vector of many; None where the model says so itself."""
    files: Annotated[tuple[FileRef, ...], Field(min_length=1)]


def content_sha256(files: Iterable[FileRef]) -> str:
    """Address of a folder: sha256 over the sorted lines `<sha256>  <name>\\n`."""
    lines = sorted(f"{file.sha256}  {file.name}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def facts_of(info: ModelInfo) -> ModelFacts:
    """What configs are checked against."""
    return ModelFacts(**{name: getattr(info, name) for name in ModelFacts.model_fields})
