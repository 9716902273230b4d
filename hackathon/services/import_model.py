"""Registering a converted model: a safetensors folder, judged without loading it, kept by its content address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from hackathon.bundles.folder import MAX_FILES, check_names, list_folder, open_regular
from hackathon.bundles.problems import Problems, ProblemsFound
from hackathon.bundles.validation import validation_messages
from hackathon.errors import Conflict
from hackathon.files.storage import CHUNK, sha256_of, storage
from hackathon.models import BaseModel
from training_worker.contract.models import MODEL_JSON, ModelInfo, content_sha256, facts_of
from training_worker.contract.wire import WEIGHT_FILE, FileRef, ModelManifest

from .model_files import check_facts, check_json_file, check_weights

MAX_MODEL_JSON = 2**20
SUFFIXES = (".json", ".txt", ".model", ".safetensors")
"""What a model folder may hold. Everything that could be a pickle or code has another ending and is refused."""


def import_model(*, folder: Path) -> tuple[BaseModel, bool]:
    """Register the converted model in `folder`; returns the row and whether it is new. Idempotent.

    Raises `ProblemsFound` with everything that is wrong with the folder, `Conflict` where the slug or the bytes are
    registered already under another identity. A model that is there gets the facts that this folder states (it can do
    a task that is new here); one that an organizer has disabled stays so.
    """
    info = _inspect(folder)
    address = content_sha256(info.files)
    found = _find(info, address)
    _store(folder, info, address)
    facts = facts_of(info).model_dump(mode="json")
    if found is not None:
        BaseModel.objects.filter(pk=found.pk).update(facts=facts)
        found.facts = facts
        return found, False
    manifest = ModelManifest(
        slug=info.slug,
        sha256=address,
        files=info.files,
        pooling=info.pooling,
        source=info.source,
        revision=info.revision,
        license=info.license,
    )
    with transaction.atomic():
        row, is_new = BaseModel.objects.get_or_create(
            sha256=address,
            defaults={
                "slug": info.slug,
                "name": info.name,
                "family": info.family,
                "architecture": info.architecture,
                "source": info.source,
                "revision": info.revision,
                "license": info.license,
                "parameters": info.parameters,
                "manifest": manifest.model_dump(mode="json"),
                "facts": facts,
            },
        )
    return row, is_new


def _inspect(folder: Path) -> ModelInfo:
    problems = Problems()
    names = list_folder(folder, problems, limit=MAX_FILES)
    if names is None:
        raise ProblemsFound(problems.all())
    info = _read_info(folder, problems) if MODEL_JSON in names else None
    if info is None:
        check_names(names, required=[MODEL_JSON], optional=names, problems=problems)
    else:
        listed = [file.name for file in info.files]
        check_names(names, required=[MODEL_JSON, *listed], optional=[], problems=problems)
        for file in info.files:
            if file.name in names:
                for message in _file_problems(folder, file, info):
                    problems.add(file.name, 0, message)
    if problems or info is None:
        raise ProblemsFound(problems.all())
    return info


def _read_info(folder: Path, problems: Problems) -> ModelInfo | None:
    with _open(folder, MODEL_JSON) as file:
        body = file.read(MAX_MODEL_JSON + 1)
    try:
        info = ModelInfo.model_validate_json(body[:MAX_MODEL_JSON])
    except ValidationError as error:
        for path, message in validation_messages(error):
            problems.add(MODEL_JSON, 0, ": ".join(filter(None, [".".join(map(str, path)), message])))
        return None
    names = [file.name for file in info.files]
    if len(set(names)) != len(names) or MODEL_JSON in names:
        problems.add(MODEL_JSON, 0, _("A file is listed twice, or the list holds model.json itself."))
        return None
    for required in (WEIGHT_FILE, "config.json"):
        if required not in names:
            problems.add(MODEL_JSON, 0, _("The list of files lacks %(name)s.") % {"name": required})
    for message in check_facts(info):
        problems.add(MODEL_JSON, 0, message)
    return info


def _file_problems(folder: Path, listed: FileRef, info: ModelInfo) -> Iterator[str]:
    if not listed.name.endswith(SUFFIXES):
        yield _("Only safetensors, JSON and plain text files are accepted, never pickles or code.")
        return
    with _open(folder, listed.name) as file:
        size = os.fstat(file.fileno()).st_size
        if size != listed.size:
            yield _("It has %(found)d bytes; model.json says %(listed)d.") % {"found": size, "listed": listed.size}
            return
        if sha256_of(file)[0] != listed.sha256:
            yield _("Its sha256 is not the one in model.json: a byte has changed.")
            return
        file.seek(0)
        if listed.name.endswith(".safetensors"):
            yield from check_weights(file, size)
        elif listed.name.endswith(".json"):
            yield from check_json_file(listed.name, file, size, info)


def _find(info: ModelInfo, address: str) -> BaseModel | None:
    same_bytes = BaseModel.objects.filter(sha256=address).first()
    if same_bytes is not None and same_bytes.slug != info.slug:
        raise Conflict(_("These bytes are registered already as “%(slug)s”.") % {"slug": same_bytes.slug})
    if same_bytes is None and BaseModel.objects.filter(slug=info.slug).exists():
        raise Conflict(
            _("There is another model of the slug “%(slug)s”.") % {"slug": info.slug},
            hint=_("A model never changes under its slug: convert it again with a new one."),
        )
    return same_bytes


def _store(folder: Path, info: ModelInfo, address: str) -> None:
    """Copy what is not there yet or was cut short, and check the bytes that arrived."""
    store = storage("models")
    for listed in info.files:
        key = f"{address}/{listed.name}"
        if _is_stored(key, listed):
            continue
        store.delete(key)
        with _open(folder, listed.name) as source:
            store.save(key, File(source))
        if not _is_stored(key, listed):
            store.delete(key)
            raise Conflict(_("%(name)s changed while it was copied.") % {"name": listed.name})


def _is_stored(key: str, listed: FileRef) -> bool:
    store = storage("models")
    if not store.exists(key) or store.size(key) != listed.size:
        return False
    with store.open(key) as file:
        return sha256_of(file)[0] == listed.sha256


def _open(folder: Path, name: str) -> IO[bytes]:
    return os.fdopen(open_regular(folder / name), "rb", buffering=CHUNK)
