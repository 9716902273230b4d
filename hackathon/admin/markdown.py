"""A preview beside every field in Markdown, made by the renderer of the pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hackathon.markdown.render import to_html, validate_markdown
from hackathon.models.markdown import MarkdownField


class MarkdownTextarea(AdminTextareaWidget):
    template_name = "hackathon/admin/markdown_textarea.html"

    class Media:
        css = {"all": ("hackathon/prose.css",)}
        js = ("hackathon/markdown-preview.js",)

    def __init__(self, preview_url: str) -> None:
        super().__init__()
        self.preview_url = preview_url

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"preview_url": self.preview_url}


def has_markdown(model: type[models.Model]) -> bool:
    return any(isinstance(field, MarkdownField) for field in model._meta.get_fields())


def show_preview(request: HttpRequest) -> HttpResponse:
    """What a page would show of the posted `text`, or why it would be refused."""
    text = request.POST.get("text", "")
    try:
        validate_markdown(text)
    except ValidationError as error:
        return render(request, "hackathon/admin/_preview.html", {"problem": error.message})
    return render(request, "hackathon/admin/_preview.html", {"html": to_html(text)})
