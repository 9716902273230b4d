"""What a team writes on a submission, as fields of a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from hackathon.errors import Invalid
from submissions.tags import read_tags, split_tags

NOTE_LENGTH = 300
TAGS_LENGTH = 400
ANNOTATIONS = ("note", "tags")
"""Fields that both tabs share."""


class TagsField(forms.CharField):
    """Tags on one line; its value is a list of them."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("tags"),
            max_length=TAGS_LENGTH,
            required=False,
            help_text=gettext_lazy("To find runs again: lora, sweep-2. Up to 8, between commas or spaces."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
        )

    def clean(self, value: Any) -> list[str]:
        try:
            return read_tags(split_tags(super().clean(value)))
        except Invalid as invalid:
            raise forms.ValidationError([field.message for field in invalid.fields]) from None


class AnnotationForm(forms.Form):
    """What a team writes on a submission."""

    note = forms.CharField(
        label=gettext_lazy("note"),
        max_length=NOTE_LENGTH,
        required=False,
        help_text=gettext_lazy("For your team: what you try with this run."),
    )
    tags = TagsField()
