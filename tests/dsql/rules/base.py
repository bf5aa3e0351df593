"""The engine under test, whose statements pass the cluster's rules on their way to a local PostgreSQL.

The rules: what is refused by its text (statements.py); one definition to a transaction and no row with it; 3,000 rows,
10 MiB and five minutes to a transaction; no transaction within another; rows that others changed meanwhile are told at
COMMIT (40001), which `PHOTOSKY_TEST_CONFLICTS` makes happen by chance, with a seed; jobs that build indexes.
"""

import os
import random
import re
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql.creation import DatabaseCreation as PostgresCreation
from django.db.utils import NotSupportedError, ProgrammingError
from psycopg import errors

from photosky.dsql.base import DatabaseWrapper as Engine
from tests.dsql.rules import statements

MOST_ROWS = 3_000
MOST_BYTES = 10 * 1024**2
MOST_SECONDS = 300
SYS = (
    "CREATE SCHEMA IF NOT EXISTS sys",
    "CREATE TABLE IF NOT EXISTS sys.jobs (job_id text PRIMARY KEY, status text, details text, object_name text)",
    """CREATE OR REPLACE PROCEDURE sys.wait_for_job(IN job text, INOUT done boolean DEFAULT true) LANGUAGE plpgsql AS $$
       BEGIN SELECT status = 'completed' INTO done FROM sys.jobs WHERE job_id = job; END $$""",
)


# The stubs know none of the steps that are changed here.
Base: Any = Engine


class Chance:
    """How often a COMMIT is refused although nobody else wrote; told and seeded from outside."""

    share = float(os.environ.get("PHOTOSKY_TEST_CONFLICTS", "0"))
    random = random.Random(os.environ.get("PHOTOSKY_TEST_SEED", "1"))
    refused = 0


class DatabaseCreation(PostgresCreation):
    """Test databases in the collation of a cluster, with its schema of jobs."""

    def sql_table_creation_suffix(self) -> str:
        """Return what follows CREATE DATABASE."""
        return "WITH ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"


class DatabaseWrapper(Base):  # type: ignore[misc]
    """A connection to the stand-in."""

    creation_class = DatabaseCreation

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._rules)
        self.rows = self.size = 0
        self.defined = False
        self.begun = 0.0

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        options = {"host": "stand-in.dsql.us-east-1.on.aws", "hostaddr": "127.0.0.1", "sslmode": "disable"}
        return {**params, **options}

    def token(self, conn_params: dict[str, Any]) -> str:
        """Sign, as the engine does, and then give the password that the local server knows."""
        super().token({**conn_params, "user": "photosky"})
        return str(conn_params.get("password", ""))

    def init_connection_state(self) -> None:
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT to_regclass('sys.jobs')")
            if cursor.fetchone()[0] is None:
                for statement in SYS:
                    cursor.execute(statement)
        if not self.get_autocommit():
            self.connection.commit()

    def _rules(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        cursor = context["cursor"]
        text = str(sql)
        if not self.in_atomic_block:
            self._begin()
        statements.refuse(text)
        if statements.DEFINES.match(text):
            return self._define(execute, text, params, many, context)
        answer = execute(sql, params, many, context)
        if statements.CHANGES.match(text):
            self._changed(cursor.rowcount, len(repr(params)))
        return answer

    def _begin(self) -> None:
        self.rows = self.size = 0
        self.defined = False
        self.begun = time.monotonic()

    def _changed(self, rows: int, size: int) -> None:
        if self.defined:
            raise NotSupportedError("ddl and dml are not supported in the same transaction")
        self.rows, self.size = self.rows + max(rows, 0), self.size + size
        if self.rows > MOST_ROWS:
            raise ProgrammingError(f"transaction row limit exceeded: {self.rows}")
        if self.size > MOST_BYTES:
            raise ProgrammingError("transaction size limit 10mb exceeded")

    def _define(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.in_atomic_block and (self.defined or self.rows):
            raise NotSupportedError("multiple ddl statements are not supported in a transaction")
        self.defined = True
        if " ASYNC " not in sql:
            return execute(sql, params, many, context)
        execute(sql.replace(" ASYNC ", " ", 1), params, many, context)
        name = re.search(r'(?:INDEX ASYNC (?:IF NOT EXISTS )?|CONSTRAINT )"?(\w+)"?', sql)
        cursor = context["cursor"].cursor
        job = f"job{random.getrandbits(60)}"
        cursor.execute(
            "INSERT INTO sys.jobs VALUES (%s, 'completed', NULL, %s) RETURNING job_id",
            [job, name[1] if name else ""],
        )
        return None

    def _set_autocommit(self, autocommit: bool) -> None:
        if not autocommit:
            self._begin()
        super()._set_autocommit(autocommit)

    def _commit(self) -> None:
        if self.connection is not None and self.in_atomic_block is False and self.begun:
            self._may_commit()
        super()._commit()

    def _may_commit(self) -> None:
        if time.monotonic() - self.begun > MOST_SECONDS:
            self.connection.rollback()
            raise ProgrammingError("transaction age limit of 300s exceeded")
        if self.rows and Chance.random.random() < Chance.share:
            Chance.refused += 1
            self.connection.rollback()
            cause = errors.SerializationFailure("change conflicts with another transaction (OC000)")
            raise OperationalError(str(cause)) from cause
