"""A config as YAML. It does not judge it: the contract does, and its problems come back to their lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from hackathon.bundles.yaml import YamlInvalid, dump, load_with_lines
from training_worker.contract.adjusted import AdjustedValue
from training_worker.contract.base import JSON, FieldError

from .annotations import ANNOTATIONS
from .draft_form import DraftForm, adjusted_text, problem_text


class YamlForm(DraftForm):
    """The config as text. Its problems name their line."""

    yaml = forms.CharField(
        label="YAML",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "autocapitalize": "off"}),
    )
    field_order = ("yaml", *ANNOTATIONS)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, label_suffix="")
        self.lines: dict[tuple[str | int, ...], int] = {}

    @classmethod
    def of(cls, config: JSON, annotations: Mapping[str, str]) -> YamlForm:
        return cls({"yaml": dump(config), **annotations})

    def clean_yaml(self) -> JSON:
        try:
            config, self.lines = load_with_lines(self.cleaned_data["yaml"])
        except YamlInvalid as invalid:
            raise forms.ValidationError([_at_line(line, text) for line, text in invalid.problems]) from None
        if not isinstance(config, dict):
            raise forms.ValidationError(_at_line(1, _("A config has the keys base_model, method and training.")))
        return config

    def config(self) -> JSON:
        return self.cleaned_data.get("yaml")

    def add_problems(self, errors: Iterable[FieldError]) -> None:
        for error in errors:
            text = f"{error.field}: {problem_text(error)}" if error.field else problem_text(error)
            self.add_error("yaml", forms.ValidationError(_at_line(self._line(error.field), text), code=error.code))

    def add_adjusted(self, values: Iterable[AdjustedValue]) -> None:
        self.notes["yaml"] = [
            _at_line(self._line(value.field), f"{value.field}: {adjusted_text(value)}") for value in values
        ]

    def _line(self, field: str) -> int:
        """Where the field is, else the nearest thing around it that is there."""
        path = tuple(int(part) if part.isdecimal() else part for part in field.split("."))
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def _at_line(line: int, text: str) -> str:
    return _("Line %(line)d: %(problem)s") % {"line": line, "problem": text} if line else text
