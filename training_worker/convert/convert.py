"""A base model as a safetensors folder: weights joined and rewritten, config, processor, `model.json`.

The same source gives the same bytes. Pickles are not read, but for one file known by its sha256
(`efficientnet_lite`), nor is another format but for one such file (`whisper_tiny`), and code of the model's own
(`auto_map`) is refused.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..contract.facts import ModelFacts, Pooling
from ..contract.families import IMAGE_FAMILIES
from ..contract.models import MODEL_JSON, ModelInfo
from ..contract.wire import WEIGHT_FILE, FileRef
from ..node.client import sha256_file
from .errors import ConversionError
from .pooling import pooling_of
from .source import find_source


def convert(
    source: str,
    dest: Path,
    *,
    slug: str,
    license: str,
    revision: str,
    name: str = "",
    pooling: Pooling | None = None,
    image_size: int | None = None,
    sound_seconds: int | None = None,
    encoder_decoder: bool = False,
) -> ModelInfo:
    """Write DEST and return its description; `encoder_decoder` makes a pair of an encoder (`pair`).

    Raises `ConversionError`; DEST is then not there.
    """
    from . import efficientnet_lite, pair, whisper_tiny  # load torch

    if dest.exists() and any(dest.iterdir()):
        raise ConversionError(f"{dest} is not empty.")
    folder, origin = find_source(source, revision)
    draft = dest.with_name(dest.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        with TemporaryDirectory() as unpacked:
            for known in (efficientnet_lite, whisper_tiny):
                if known.is_source(folder):
                    known.write_folder(folder, Path(unpacked))
                    folder = Path(unpacked)
            if encoder_decoder:
                _read_config(folder)
                pair.write_pair(folder, Path(unpacked))
                folder = Path(unpacked)
            facts, used_pooling = _write_files(folder, draft, pooling, image_size, sound_seconds)
        info = _describe(
            draft,
            facts,
            slug=slug,
            name=name or slug,
            license=license,
            revision=revision,
            source=origin,
            pooling=used_pooling,
        )
        _write_json(draft / MODEL_JSON, info.model_dump(mode="json"))
        if dest.exists():
            dest.rmdir()
        draft.replace(dest)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return info


def _write_files(
    folder: Path, draft: Path, pooling: Pooling | None, image_size: int | None, sound_seconds: int | None
) -> tuple[ModelFacts, Pooling | None]:
    from . import facts, processors, sound_window  # load transformers

    config = _read_config(folder)
    architecture = str(config["model_type"])
    family = facts.family_of(architecture)
    facts.tasks_of(architecture, family)
    used_pooling = pooling_of(folder, family, pooling)
    _write_json(draft / "config.json", config)
    processors.write_processor(folder, draft, family)
    if image_size is not None:
        if family not in IMAGE_FAMILIES:
            raise ConversionError("Only a model that sees has an image size.")
        processors.set_image_size(draft, image_size)
    _write_weights(folder, draft / WEIGHT_FILE)
    if sound_seconds is not None:
        sound_window.set_window(draft, sound_seconds)
    return facts.find_facts(draft, architecture, used_pooling), used_pooling


def _read_config(folder: Path) -> dict[str, Any]:
    """The source's config, without what only says where it lay. Raises `ConversionError` on code of its own."""
    config = _read_object(folder / "config.json")
    for name in ("config.json", "tokenizer_config.json", "preprocessor_config.json"):
        if (folder / name).exists() and "auto_map" in _read_object(folder / name):
            raise ConversionError(
                f"{name} names code of the model's own (auto_map); only transformers' own classes are loaded."
            )
    if "model_type" not in config:
        raise ConversionError("config.json has no model_type.")
    for key in ("_name_or_path", "transformers_version"):
        config.pop(key, None)
    return config


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConversionError(f"There is no readable {path.name}: {error}") from error
    if not isinstance(content, dict):
        raise ConversionError(f"{path.name} is not a JSON object.")
    return content


def _write_weights(folder: Path, target: Path) -> None:
    """One safetensors file; shards are joined. Rewritten with sorted names, so that equal tensors give equal bytes."""
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import save_file

    shards = sorted(folder.glob("model*.safetensors"))
    if not shards:
        raise ConversionError("There are no safetensors weights (pickled weights are not read).")
    tensors = {}
    try:
        for shard in shards:
            with safe_open(shard, framework="pt") as file:
                tensors.update({name: file.get_tensor(name).contiguous() for name in file.keys()})  # noqa: SIM118
    except SafetensorError as error:
        raise ConversionError(f"The weights cannot be read: {error}") from error
    save_file(dict(sorted(tensors.items())), target, metadata={"format": "pt"})
    target.chmod(0o644)


def _describe(draft: Path, facts: ModelFacts, **fields: Any) -> ModelInfo:
    files = tuple(
        FileRef(name=path.name, sha256=sha256_file(path), size=path.stat().st_size) for path in sorted(draft.iterdir())
    )
    config = json.loads((draft / "config.json").read_text("utf-8"))
    return ModelInfo(
        **dict(facts),
        architecture=config["model_type"],
        parameters=_count_parameters(draft / WEIGHT_FILE),
        files=files,
        **fields,
    )


def _count_parameters(path: Path) -> int:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        slices = [file.get_slice(name) for name in file.keys()]  # noqa: SIM118
        return sum(math.prod(part.get_shape()) for part in slices if part.get_dtype().startswith(("F", "BF")))


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
