"""Which storage each alias is, from the environment: folders, or buckets of an S3-compatible store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_PREFIX = "HACKTUNE_S3_"
_REQUIRED = ("ENDPOINT", "BUCKET", "ACCESS_KEY", "SECRET_KEY")
_LABELS = ("LABELS_BUCKET", "LABELS_ACCESS_KEY", "LABELS_SECRET_KEY")
_OTHERS = ("PUBLIC_ENDPOINT", "REGION")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PLACEHOLDERS = ("change", "example", "insecure", "minioadmin", "password", "placeholder")


def file_storages(env: environ.Env, *, role: str, data_dir: Path) -> dict[str, dict[str, Any]]:
    """`STORAGES` but the static files. `labels` is there for the scorer and the operator alone."""
    values = {name: env.str(_PREFIX + name, "").strip() for name in (*_REQUIRED, *_LABELS, *_OTHERS)}
    _check(values, role)
    aliases = {"default": "media", "datasets": "datasets", "models": "models", "artifacts": "artifacts"}
    if values["ENDPOINT"]:
        found = {alias: _bucket(values, name) for alias, name in aliases.items()}
    else:
        found = {alias: _folder(data_dir / "files" / name) for alias, name in aliases.items()}
    if role in {"scorer", "manage"}:
        folder = Path(env.str("HACKTUNE_LABELS_DIR", str(data_dir / "files" / "labels"))).resolve()
        found["labels"] = _bucket(values, "labels", "LABELS_") if values["LABELS_BUCKET"] else _folder(folder)
    return found


def _folder(location: Path) -> dict[str, Any]:
    return {"BACKEND": "hackathon.files.storage.PrivateFolder", "OPTIONS": {"location": str(location)}}


def _bucket(values: dict[str, str], prefix: str, kind: str = "") -> dict[str, Any]:
    options = {
        "endpoint_url": values["ENDPOINT"],
        "public_endpoint": values["PUBLIC_ENDPOINT"] or values["ENDPOINT"],
        "region_name": values["REGION"] or "us-east-1",
        "bucket_name": values[f"{kind}BUCKET"],
        "access_key": values[f"{kind}ACCESS_KEY"],
        "secret_key": values[f"{kind}SECRET_KEY"],
        "location": prefix,
    }
    return {"BACKEND": "hackathon.files.bucket.PrivateBucket", "OPTIONS": options}


def _check(values: dict[str, str], role: str) -> None:
    if not any(values.values()):
        return
    _check_is_whole(values, _REQUIRED)
    if any(values[name] for name in _LABELS):
        if role == "site":
            raise ImproperlyConfigured(
                f"{_PREFIX}LABELS_* opens the hidden labels; a web process (HACKTUNE_ROLE=site) must not be given it."
            )
        _check_is_whole(values, _LABELS)
        for name in ("BUCKET", "ACCESS_KEY", "SECRET_KEY"):
            if values[name] == values[f"LABELS_{name}"]:
                raise ImproperlyConfigured(f"{_PREFIX}LABELS_{name} must not be {_PREFIX}{name}: labels stay apart.")
    for name, value in values.items():
        problem = _problem(name, value) if value else ""
        if problem:
            raise ImproperlyConfigured(f"{_PREFIX}{name} {problem}")


def _check_is_whole(values: dict[str, str], names: tuple[str, ...]) -> None:
    missing = [_PREFIX + name for name in names if not values[name]]
    if missing:
        raise ImproperlyConfigured(f"An S3 store needs {', '.join(missing)}, too; or leave out all {_PREFIX}*.")


def _problem(name: str, value: str) -> str:
    if name.endswith("ENDPOINT"):
        return "" if _is_endpoint(value) else "must be an address such as https://s3.example.org, without a path"
    if name.endswith("BUCKET"):
        return "" if _BUCKET.fullmatch(value) else "must be a bucket's name: lower-case letters, digits, - and ."
    if name.endswith("SECRET_KEY"):
        is_placeholder = any(word in value.lower() for word in _PLACEHOLDERS)
        is_weak = len(value) < 16 or len(set(value)) < 6 or is_placeholder
        return "must be the secret of a real key: at least 16 random characters" if is_weak else ""
    return ""


def _is_endpoint(value: str) -> bool:
    url = urlsplit(value)
    return url.scheme in {"http", "https"} and value == f"{url.scheme}://{url.netloc}" and "@" not in url.netloc
