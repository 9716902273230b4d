"""Base models that challenges may allow."""

from __future__ import annotations

import json
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from hackathon.enums import ModelFamily
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import MeasuredSpeed
from training_worker.contract.wire import ModelManifest

from .base import Row


class BaseModel(Row):
    """A model on the allow-list: a content-addressed safetensors folder in the `models` storage."""

    slug = models.SlugField(_("slug"), unique=True, max_length=64)
    name = models.CharField(_("name"), max_length=200)
    family = models.CharField(_("family"), max_length=20, choices=ModelFamily)
    architecture = models.CharField(_("architecture"), max_length=100)
    source = models.CharField(_("source"), max_length=500)
    revision = models.CharField(_("revision"), max_length=100)
    license = models.CharField(_("licence"), max_length=100)
    parameters = models.PositiveBigIntegerField(_("parameters"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    manifest = models.JSONField(editable=False)
    facts = models.JSONField(editable=False)
    """A `ModelFacts`: what configs are checked against."""
    speed = models.JSONField(default=dict, blank=True, editable=False)
    """{task id: `MeasuredSpeed`}, as nodes have measured it."""
    longest = models.JSONField(default=dict, blank=True, editable=False)
    """{sha256 of a data version: tokens of its longest example}, as a node has measured it."""
    is_enabled = models.BooleanField(_("enabled"), default=True)
    is_downloadable = models.BooleanField(
        _("downloadable"), default=False, help_text=_("Its licence allows handing it on: people who are logged in may.")
    )

    class Meta:
        verbose_name = _("base model")
        verbose_name_plural = _("base models")
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def model_manifest(self) -> ModelManifest:
        return ModelManifest.model_validate_json(json.dumps(self.manifest | {"family": self.family}))

    @property
    def model_facts(self) -> ModelFacts:
        return ModelFacts.model_validate_json(json.dumps(self.facts))

    def measured_speed(self, task: str) -> MeasuredSpeed | None:
        """What a node measured in that task, or None: "not measured yet", also where no such figures can be."""
        try:
            return MeasuredSpeed.model_validate_json(json.dumps(self.speed[task])) if task in self.speed else None
        except ValidationError:
            return None
