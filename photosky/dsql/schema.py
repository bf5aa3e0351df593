"""Changes of the schema, each a statement that may be run again: a migration that was cut off goes on where it stopped."""

from copy import copy
from typing import Any

from django.db import NotSupportedError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.backends.postgresql import schema
from django.db.backends.utils import names_digest, strip_quotes, truncate_name
from django.db.models import CheckConstraint

from photosky.dsql import jobs

# Rows filled in one statement: a transaction may change 3,000.
STEP = 1_000
# The stubs know none of the steps that are changed here.
Editor: Any = schema.DatabaseSchemaEditor


class DatabaseSchemaEditor(Editor):  # type: ignore[misc]
    """PostgreSQL's, in the statements that Aurora DSQL takes.

    Whatever is made is made unless it is there; what takes time there is waited for at the end of the migration. A
    column that is added can have neither a default nor a constraint: rows are filled afterwards in steps, and NOT NULL
    is a check that is validated then.
    """

    sql_create_table = "CREATE TABLE IF NOT EXISTS %(table)s (%(definition)s)"
    sql_delete_table = "DROP TABLE IF EXISTS %(table)s CASCADE"
    sql_create_column = "ALTER TABLE %(table)s ADD COLUMN IF NOT EXISTS %(column)s %(definition)s"
    sql_delete_column = "ALTER TABLE %(table)s DROP COLUMN IF EXISTS %(column)s CASCADE"
    sql_create_index = (
        "CREATE INDEX ASYNC IF NOT EXISTS %(name)s ON %(table)s (%(columns)s)%(include)s%(condition)s"
    )
    sql_create_unique = "CREATE UNIQUE INDEX ASYNC IF NOT EXISTS %(name)s ON %(table)s (%(columns)s)"
    sql_create_unique_index = (
        "CREATE UNIQUE INDEX ASYNC IF NOT EXISTS %(name)s ON %(table)s (%(columns)s)%(include)s%(condition)s"
    )
    sql_delete_index = "DROP INDEX IF EXISTS %(name)s"
    sql_delete_unique = "DROP INDEX IF EXISTS %(name)s CASCADE"
    sql_create_check = "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s CHECK (%(check)s) NOT VALID"
    sql_delete_check = "ALTER TABLE %(table)s DROP CONSTRAINT IF EXISTS %(name)s"
    sql_delete_constraint = sql_delete_check
    sql_validate = "ALTER TABLE ASYNC %(table)s VALIDATE CONSTRAINT %(name)s"
    sql_update_with_default = "UPDATE %(table)s SET %(column)s = %(default)s WHERE %(column)s IS NULL"

    def __enter__(self) -> Any:
        """Begin, with a connection: statements are composed for it."""
        self._jobs: list[str] = []
        entered = super().__enter__()
        self.connection.ensure_connection()
        return entered

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        """Run what was put off, and wait for every index and constraint that was asked for."""
        super().__exit__(exc_type, exc_value, traceback)
        if exc_type is None and not self.collect_sql:
            with self.connection.cursor() as cursor:
                for job in self._jobs:
                    jobs.wait(cursor, job)

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Run a statement; what was there and is ready is not made again."""
        if self.collect_sql or " ASYNC " not in str(sql):
            super().execute(sql, params)
            return
        name = strip_quotes(str(sql.parts["name"])) if isinstance(sql, Statement) else ""
        with self.connection.cursor() as cursor:
            if name and self._is_coming(cursor, name):
                return
            cursor.execute(self.connection.ops.compose_sql(str(sql), params) if params else str(sql))
            row = cursor.fetchone() if cursor.description else None
        if row and row[0]:
            self._jobs.append(str(row[0]))

    def _is_coming(self, cursor: Any, name: str) -> bool:
        """Say whether an index is ready or being built; one whose building failed is taken away."""
        state = jobs.index_state(cursor, name)
        if state is None:
            return False
        ready, job = state
        if job:
            self._jobs.append(job)
        elif not ready:
            cursor.execute(self.sql_delete_index % {"name": self.quote_name(name)})
        return ready or bool(job)

    # What is unique is an index: unlike a constraint of the table, it can be taken away again.

    def create_model(self, model: Any) -> None:
        """Make a table, then the indexes of what is unique."""
        super().create_model(model)
        for field in model._meta.local_fields:
            if field.unique and not field.primary_key:
                self.deferred_sql.append(self._create_unique_sql(model, [field]))

    def _iter_column_sql(self, *args: Any) -> Any:
        return (part for part in super()._iter_column_sql(*args) if part != "UNIQUE")

    def _delete_composed_index(self, model: Any, fields: Any, kind: Any, sql: Any) -> None:
        """Take away what was unique together, unless a run that was cut off did so."""
        columns = [model._meta.get_field(field).column for field in fields]
        if self._constraint_names(model, columns, **kind):
            super()._delete_composed_index(model, fields, kind, sql)

    def _unique_sql(self, model: Any, fields: Any, name: str, **given: Any) -> None:
        """Put the index off until the table is there; the table's own text says nothing of it."""
        if sql := self._create_unique_sql(model, fields, name=name, **given):
            self.deferred_sql.append(sql)

    # Columns

    def add_field(self, model: Any, field: Any) -> None:
        """Add a column without anything, fill it, and only then ask of it what is to hold."""
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.create_model(field.remote_field.through)
            return
        if field.db_parameters(connection=self.connection)["type"] is None:
            return
        if field.generated or field.primary_key:
            raise NotSupportedError(
                f"Aurora DSQL cannot add {field.name} to {model._meta.label}: neither a generated column nor a primary key"
                " can be added to a table. Make a new table."
            )
        self._add_column(model, field)
        self._ask_of_column(model, field)
        self.deferred_sql.extend(self._field_indexes_sql(model, field))

    def _add_column(self, model: Any, field: Any) -> None:
        given = field.db_parameters(connection=self.connection)
        table, column = self.quote_name(model._meta.db_table), self.quote_name(field.column)
        self.execute(
            self.sql_create_column % {"table": table, "column": column, "definition": given["type"]}, None
        )
        if field.has_db_default():
            default, params = self.db_default_sql(field)
            self.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}", params)
            self._fill(model, field, default, params)
        elif (value := self.effective_default(field)) is not None:
            self._fill(model, field, "%s", [value])

    def _ask_of_column(self, model: Any, field: Any) -> None:
        given = field.db_parameters(connection=self.connection)
        if not field.null:
            name = self._not_null(model, field)
            self._hold(model, name, f"{self.quote_name(field.column)} IS NOT NULL")
        if given["check"]:
            self._hold(model, self._name(model, field, "check"), given["check"])
        if field.unique:
            self.deferred_sql.append(self._create_unique_sql(model, [field]))

    def _fill(self, model: Any, field: Any, expression: str, params: Any) -> None:
        """Give rows that have no value yet the default, in steps."""
        key, table = self.quote_name(model._meta.pk.column), self.quote_name(model._meta.db_table)
        column = self.quote_name(field.column)
        sql = (
            f"UPDATE {table} SET {column} = {expression} WHERE {key} IN"  # noqa: S608  # names only
            f" (SELECT {key} FROM {table} WHERE {column} IS NULL LIMIT {STEP})"
        )
        if self.collect_sql:
            self.execute(sql, params)
            return
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)
            while cursor.rowcount >= STEP:
                cursor.execute(sql, params)

    # Constraints

    def add_constraint(self, model: Any, constraint: Any) -> None:
        """Add a constraint; a check is validated for the rows that are there."""
        if not isinstance(constraint, CheckConstraint):
            super().add_constraint(model, constraint)
            return
        own: Any = constraint
        self._hold(model, constraint.name, own._get_check_sql(model, self))

    def _hold(self, model: Any, name: str, condition: str) -> None:
        table = model._meta.db_table
        named = {"table": self.quote_name(table), "name": self.quote_name(name)}
        valid = None
        if not self.collect_sql:
            with self.connection.cursor() as cursor:
                valid = jobs.constraint_is_valid(cursor, table, name)
        if valid is None:
            self.execute(self.sql_create_check % {**named, "check": condition}, None)
        if not valid:
            self.execute(self.sql_validate % named, None)

    def _name(self, model: Any, field: Any, suffix: str) -> str:
        table = model._meta.db_table
        digest = names_digest(table, field.column, suffix, length=8)
        return truncate_name(f"{table}_{field.column}"[:40] + f"_{digest}_{suffix}", 63)

    def _not_null(self, model: Any, field: Any) -> str:
        return self._name(model, field, "given")

    def _alter_field(
        self,
        model: Any,
        old_field: Any,
        new_field: Any,
        old_type: Any,
        new_type: Any,
        *rest: Any,
    ) -> None:
        """Change a column: its type by a new column, NOT NULL by a check.

        A column that is gone was taken away by a later step, before the migration was cut off.
        """
        if not self.collect_sql and not self._has_column(model, old_field.column):
            if not self._has_column(model, new_field.column):
                return
            # It has its new name already.
            old_field = copy(old_field)
            old_field.column = new_field.column
        if old_field.null and not new_field.null and (value := self.effective_default(new_field)) is not None:
            self._fill(model, old_field, "%s", [value])
        super()._alter_field(model, old_field, new_field, old_type, new_type, *rest)
        if old_type != new_type:
            self._retype(model, new_field, new_type)
        if not new_field.null and (old_field.null or old_type != new_type):
            self._hold(
                model, self._not_null(model, new_field), f"{self.quote_name(new_field.column)} IS NOT NULL"
            )

    def _alter_column_null_sql(self, model: Any, old_field: Any, new_field: Any) -> Any:
        """Let a column be empty; that it may not is asked by a check, after the rows were filled."""
        if not new_field.null:
            return None
        name = self.quote_name(self._not_null(model, old_field))
        self.execute(
            self.sql_delete_check % {"table": self.quote_name(model._meta.db_table), "name": name}, None
        )
        return super()._alter_column_null_sql(model, old_field, new_field)

    def _alter_column_type_sql(
        self,
        model: Any,
        old_field: Any,
        new_field: Any,
        new_type: Any,
        old_collation: Any,
        new_collation: Any,
    ) -> Any:
        """Return nothing that changes the type: `_retype` does, once all else was done."""
        if old_field.primary_key or new_field.primary_key:
            raise NotSupportedError(
                f"Aurora DSQL cannot change the type of {model._meta.label}.{new_field.name}: it is the primary key."
                " Make a new table and copy the rows."
            )
        del new_type, old_collation, new_collation
        column = self.quote_name(new_field.column)
        # A fragment is asked for. This one changes nothing: the default belongs to Django.
        return (f"ALTER COLUMN {column} DROP DEFAULT", []), []

    def _retype(self, model: Any, field: Any, new_type: str) -> None:
        """Copy a column into a new one of the new type, in steps, and let it take the old one's place and indexes."""
        if self.collect_sql:
            self.execute(
                f"-- {model._meta.db_table}.{field.column} is copied into a column of type {new_type}"
            )
            return
        table, column = self.quote_name(model._meta.db_table), self.quote_name(field.column)
        retyped = self.quote_name(f"{field.column}_retyped")
        key = self.quote_name(model._meta.pk.column)
        if self._has_column(model, field.column):
            self.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {retyped} {new_type}", None)
            step = (
                f"UPDATE {table} SET {retyped} = {column}::text::{new_type} WHERE {key} IN (SELECT {key} FROM {table}"  # noqa: S608
                f" WHERE {retyped} IS NULL AND {column} IS NOT NULL LIMIT {STEP})"
            )
            with self.connection.cursor() as cursor:
                cursor.execute(step)
                while cursor.rowcount >= STEP:
                    cursor.execute(step)
            self.execute(self.sql_delete_column % {"table": table, "column": column}, None)
        self.execute(f"ALTER TABLE {table} RENAME COLUMN {retyped} TO {column}", None)
        for statement in self._model_indexes_sql(model):
            self.execute(statement, None)
        for constraint in model._meta.constraints:
            self.add_constraint(model, constraint)
        if field.unique:
            self.execute(self._create_unique_sql(model, [field]), None)

    def _has_column(self, model: Any, name: str) -> bool:
        with self.connection.cursor() as cursor:
            found = self.connection.introspection.get_table_description(cursor, model._meta.db_table)
        return any(column.name == name for column in found)

    def alter_db_table(self, model: Any, old_db_table: str, new_db_table: str) -> None:
        """Give a table another name, unless it has it."""
        if self.collect_sql or old_db_table in self.connection.introspection.table_names():
            super().alter_db_table(model, old_db_table, new_db_table)

    # Indexes

    def add_index(self, model: Any, index: Any, **how: Any) -> None:
        """Make an index, unless it is of an expression: those of other apps only save them time."""
        if not index.contains_expressions:
            super().add_index(model, index, **how)

    def remove_index(self, model: Any, index: Any, **how: Any) -> None:
        """Take an index away."""
        if not index.contains_expressions:
            super().remove_index(model, index, **how)

    def _index_columns(self, table: Any, columns: Any, col_suffixes: Any, opclasses: Any) -> Any:
        """Return the columns of an index, each ascending: an index is read backwards as well."""
        del col_suffixes, opclasses
        plain: Any = BaseDatabaseSchemaEditor
        return plain._index_columns(self, table, columns, (), ())

    def _create_like_index_sql(self, model: Any, field: Any) -> None:
        """Make none: in the collation C an ordinary index serves LIKE."""
        del model, field
