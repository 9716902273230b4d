"""What the admin calls things, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import flatten_fieldsets, get_fields_from_path, label_for_field
from django.db.models import Model
from django.utils import translation

SAME_EVERYWHERE = {"ID", "SHA-256", "URL"}
PAGES = [pytest.param(model, page, id=model._meta.label) for model, page in admin.site._registry.items()]


@pytest.mark.parametrize(("model", "page"), PAGES)
def test_every_name_of_a_model_its_columns_fields_and_filters_is_chinese(
    model: type[Model], page: ModelAdmin[Model]
) -> None:
    with translation.override("zh-hans"):
        left = [name for name in names(model, page) if not re.search("[\u4e00-\u9fff]", name)]
    assert not {*left} - SAME_EVERYWHERE


def names(model: type[Model], page: ModelAdmin[Model]) -> Iterator[str]:
    yield from (str(model._meta.verbose_name), str(model._meta.verbose_name_plural))
    fields = [*(page.fields or ()), *flatten_fieldsets(page.fieldsets or ())]
    for name in [*page.list_display, *(one for one in fields if isinstance(one, str))]:
        yield str(label_for_field(name, model, page))
    for path in page.list_filter:
        if isinstance(path, str):
            yield str(get_fields_from_path(model, path)[-1].verbose_name)  # type: ignore[union-attr]
