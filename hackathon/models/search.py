"""Indexes for the searches of the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import Index, Model
from django.db.models.functions import Upper


class TrigramIndex(GinIndex):
    """For `icontains` and `istartswith` on PostgreSQL, which Django asks in upper case. Elsewhere an ordinary index.

    It finds nothing faster for a text without three letters or digits in a row.
    """

    def __init__(self, *columns: str, name: str) -> None:
        self.columns = columns
        super().__init__(*(OpClass(Upper(column), name="gin_trgm_ops") for column in columns), name=name)

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        return f"{self.__module__}.{type(self).__name__}", self.columns, {"name": self.name}

    def create_sql(
        self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Statement:
        if schema_editor.connection.vendor == "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        plain = Index(*map(Upper, self.columns), name=self.name)
        return plain.create_sql(model, schema_editor, using, **kwargs)
