"""SQL as Aurora DSQL wants it: a JSON column is stored as `json`, and read as the `jsonb` that lookups are written for."""

from typing import Any

from django.db.backends.postgresql import compiler
from django.db.models import JSONField
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLInsertCompiler as BaseInsertCompiler


class _Casting:
    def compile(self, node: Any) -> Any:
        """Return the SQL of a node; a JSON column is cast wherever it stands."""
        sql, params = super().compile(node)  # type: ignore[misc]
        if isinstance(node, Col) and isinstance(node.target, JSONField):
            sql = f"({sql})::jsonb"
        return sql, params


class SQLCompiler(_Casting, compiler.SQLCompiler):
    """SELECT."""


class SQLInsertCompiler(_Casting, compiler.SQLInsertCompiler):
    """INSERT, always of VALUES: arrays of columns, which PostgreSQL reads faster, are no type of a column here."""

    def assemble_as_sql(self, fields: Any, value_rows: Any) -> Any:
        """Return what stands for the values, and the values."""
        return BaseInsertCompiler.assemble_as_sql(self, fields, value_rows)


class SQLDeleteCompiler(_Casting, compiler.SQLDeleteCompiler):
    """DELETE."""


class SQLUpdateCompiler(_Casting, compiler.SQLUpdateCompiler):
    """UPDATE."""


class SQLAggregateCompiler(_Casting, compiler.SQLAggregateCompiler):
    """SELECT of an aggregate over a subquery."""
