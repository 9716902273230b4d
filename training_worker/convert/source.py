"""Where a base model comes from: a local folder, the hub, or the files of an installed package."""

from __future__ import annotations

import importlib.util
from importlib.metadata import packages_distributions, version
from pathlib import Path

from .errors import ConversionError

HUB_PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model"]


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

    try:
        return Path(snapshot_download(source, revision=revision, allow_patterns=HUB_PATTERNS)), source
    except Exception as error:  # of the hub, the network, the disk
        raise ConversionError(f"The hub did not give {source} at {revision}: {error}") from error


def _package_folder(path: str) -> tuple[Path, str]:
    package, _, rest = path.partition("/")
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise ConversionError(f"Package {package} is not installed.")
    folder = Path(spec.submodule_search_locations[0], rest)
    if not folder.is_dir():
        raise ConversionError(f"Package {package} has no folder {rest}.")
    distributions = packages_distributions().get(package)
    return folder, f"{distributions[0]} {version(distributions[0])}" if distributions else package
