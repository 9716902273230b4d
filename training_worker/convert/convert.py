"""A base model as a safetensors folder: weights joined and rewritten, config, tokenizer, `model.json`.

The same source gives the same bytes. Pickles are never read and code of the model's own (`auto_map`) is refused.
"""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from ..contract.families import Family
from ..contract.models import MODEL_JSON, WEIGHT_FILE, ModelInfo
from ..contract.tasks import TASKS
from ..contract.wire import FileRef
from ..node.client import sha256_file

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)
HUB_PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model"]
KINDS_OF_FAMILY: dict[Family, set[str]] = {
    "encoder-decoder": {"t5", "mt5", "bart", "mbart", "marian", "pegasus", "encoder-decoder"},
    "decoder": {"gpt2", "gpt_neo", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "opt", "bloom", "phi"},
    "vision": {"vit", "resnet", "convnext", "swin", "deit", "yolos", "detr", "segformer"},
    "speech": {"wav2vec2", "hubert", "whisper"},
}
"""Model family by `model_type`; anything else is an encoder."""


class ConversionError(Exception):
    """The source cannot become a base model; the text says why."""


def convert(
    source: str, dest: Path, *, slug: str, license: str, revision: str, name: str = "", pooling: str | None = None
) -> ModelInfo:
    """Write DEST and return its description. Raises `ConversionError`; DEST is then not there."""
    if dest.exists() and any(dest.iterdir()):
        raise ConversionError(f"{dest} is not empty.")
    folder, origin = find_source(source, revision)
    config = _read_config(folder)
    draft = dest.with_name(dest.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        _write_weights(folder, draft / WEIGHT_FILE)
        _write_json(draft / "config.json", config)
        _write_tokenizer(folder, draft)
        info = _describe(
            draft,
            config,
            slug=slug,
            name=name or slug,
            license=license,
            revision=revision,
            source=origin,
            pooling=pooling or _pooling_of(folder),
        )
        _write_json(draft / MODEL_JSON, info.model_dump(mode="json"))
        if dest.exists():
            dest.rmdir()
        draft.replace(dest)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return info


def find_source(source: str, revision: str) -> tuple[Path, str]:
    """Local folder of SOURCE, and its name for `ModelInfo.source`."""
    if source.startswith("package:"):
        return _package_folder(source.removeprefix("package:"))
    if Path(source).is_dir():
        return Path(source), Path(source).resolve().name
    if source.count("/") != 1:
        raise ConversionError(
            f"{source} is neither a folder, nor a hub repository id (owner/name), nor package:NAME/FOLDER."
        )
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(source, revision=revision, allow_patterns=HUB_PATTERNS)), source


def _package_folder(path: str) -> tuple[Path, str]:
    package, _, rest = path.partition("/")
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise ConversionError(f"Package {package} is not installed.")
    folder = Path(spec.submodule_search_locations[0], rest)
    if not folder.is_dir():
        raise ConversionError(f"Package {package} has no folder {rest}.")
    distribution = packages_distributions().get(package, [package])[0]
    return folder, f"{distribution} {version(distribution)}"


def _read_config(folder: Path) -> dict[str, Any]:
    """The source's config, without what only says where it lay. Raises `ConversionError` on code of its own."""
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConversionError(f"There is no readable config.json: {error}") from error
    tokenizer = folder / "tokenizer_config.json"
    tokenizer_config = json.loads(tokenizer.read_text("utf-8")) if tokenizer.exists() else {}
    if "auto_map" in config or "auto_map" in tokenizer_config:
        raise ConversionError("The model names code of its own (auto_map); only transformers' own classes are loaded.")
    if "model_type" not in config:
        raise ConversionError("config.json has no model_type.")
    for key in ("_name_or_path", "transformers_version"):
        config.pop(key, None)
    return config


def _write_weights(folder: Path, target: Path) -> None:
    """One safetensors file; shards are joined. Rewritten with sorted names, so that equal tensors give equal bytes."""
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import save_file

    shards = sorted(folder.glob("model*.safetensors"))
    if not shards:
        raise ConversionError("There are no safetensors weights (pickled weights are never read).")
    tensors = {}
    try:
        for shard in shards:
            with safe_open(shard, framework="pt") as file:
                tensors.update({name: file.get_tensor(name).contiguous() for name in file.keys()})  # noqa: SIM118
    except SafetensorError as error:
        raise ConversionError(f"The weights cannot be read: {error}") from error
    save_file(dict(sorted(tensors.items())), target, metadata={"format": "pt"})
    target.chmod(0o644)


def _write_tokenizer(folder: Path, draft: Path) -> None:
    for name in TOKENIZER_FILES:
        if (folder / name).exists():
            shutil.copyfile(folder / name, draft / name)
    if not (draft / "tokenizer.json").exists():
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_fast=True
            )
        except (OSError, ValueError) as error:
            raise ConversionError(f"There is no tokenizer that can be made a fast one: {error}") from error
        tokenizer.save_pretrained(draft)


def _pooling_of(folder: Path) -> str:
    """What a sentence encoder says of itself in `1_Pooling/config.json`; mean where nothing is said."""
    path = folder / "1_Pooling" / "config.json"
    stated = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return "cls" if stated.get("pooling_mode_cls_token") else "mean"


def _describe(draft: Path, config: dict[str, Any], **fields: Any) -> ModelInfo:
    files = tuple(
        FileRef(name=path.name, sha256=sha256_file(path), size=path.stat().st_size) for path in sorted(draft.iterdir())
    )
    kind = config["model_type"]
    family: Family = next((family for family, kinds in KINDS_OF_FAMILY.items() if kind in kinds), "encoder")
    return ModelInfo(
        family=family,
        max_positions=config.get("max_position_embeddings"),
        layers=("attention", "all-linear"),
        architecture=kind,
        parameters=_count_parameters(draft / WEIGHT_FILE),
        tasks=tuple(spec.id for spec in TASKS.values() if family in spec.families),
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
