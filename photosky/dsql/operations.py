"""How single operations are written for Aurora DSQL."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import operations

# Rows of one statement that deletes: a transaction may change 3,000.
STEP = 1_000


class DatabaseOperations(operations.DatabaseOperations):
    """PostgreSQL's, without deferred constraints, TRUNCATE and columns of addresses."""

    compiler_module = "photosky.dsql.compiler"
    # A sequence's numbers are 64 bits wide, whichever field takes them.
    cast_data_types = {  # as Django declares it
        "AutoField": "bigint",
        "BigAutoField": "bigint",
        "SmallAutoField": "bigint",
    }
    integer_field_ranges = {  # as Django declares it
        **operations.DatabaseOperations.integer_field_ranges,
        "AutoField": operations.DatabaseOperations.integer_field_ranges["BigAutoField"],
        "SmallAutoField": operations.DatabaseOperations.integer_field_ranges["BigAutoField"],
    }

    def deferrable_sql(self) -> str:
        """Return nothing: no constraint waits for COMMIT."""
        return ""

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        """Return the left side of a lookup; an address is text here."""
        kind = "CharField" if internal_type in {"GenericIPAddressField", "IPAddressField"} else internal_type
        return super().lookup_cast(lookup_type, kind)

    def adapt_ipaddressfield_value(self, value: str | None) -> str | None:
        """Return an address as text, which is how the column holds it."""
        return value or None

    def sql_flush(
        self, style: Any, tables: Iterable[str], *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:
        """Return the statements that empty the tables; each is to be repeated until it finds no row."""
        del style, reset_sequences, allow_cascade
        return [f"DELETE FROM {self.quote_name(table)}" for table in tables]  # noqa: S608  # names only

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Empty the tables in steps, each its own transaction."""
        with self.connection.cursor() as cursor:
            for sql in sql_list:
                table = sql.removeprefix("DELETE FROM ").strip('"')
                key = self.connection.introspection.get_primary_key_column(cursor, table)
                name, quoted = self.quote_name(str(key)), self.quote_name(table)
                step = f"{sql} WHERE {name} IN (SELECT {name} FROM {quoted} LIMIT {STEP})"  # noqa: S608  # names only
                cursor.execute(step)
                while cursor.rowcount >= STEP:
                    cursor.execute(step)
