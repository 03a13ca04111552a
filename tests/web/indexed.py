"""What an index wrote, kept and put back: so that a test has it without indexing again."""

from collections.abc import Sequence
from typing import Any

from django.db import connection as database
from django.db.models import Field, Model, QuerySet

Kept = list[tuple[str, bytes]]


def keep(found: Sequence["QuerySet[Model]"]) -> Kept:
    """These rows, table by table, as the database copies them out."""
    kept = []
    with database.cursor() as cursor:
        for rows in found:
            names = [field.attname for field in _fields(rows.model)]
            query, values = rows.values_list(*names).query.sql_with_params()
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", values) as copy:
                kept.append((_into(rows.model), b"".join(copy)))
    return kept


def put_back(kept: Kept) -> None:
    """The same rows with the same ids, where a test's end undid them."""
    with database.cursor() as cursor:
        for statement, data in kept:
            with cursor.copy(statement) as copy:
                copy.write(data)


def _fields(model: type[Model]) -> "list[Field[Any, Any]]":
    """What the database does not make up by itself of the others."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def _into(model: type[Model]) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(model))
    return f"COPY {model._meta.db_table} ({columns}) FROM STDIN (FORMAT BINARY)"
