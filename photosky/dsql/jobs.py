"""Jobs of Aurora DSQL: an index is built, and a constraint validated, after the statement that asks for it has ended.

User guide: "Asynchronous indexes in Aurora DSQL". The statement answers with the job's number; `sys.wait_for_job` ends
with it, `sys.jobs` tells of it for half an hour.
"""

from typing import Any

from django.db import DatabaseError

WAIT = "CALL sys.wait_for_job(%s)"
# The index of this name: whether it is ready, and the job that still builds it, if one does.
INDEX = """
    SELECT i.indisvalid,
           (SELECT j.job_id FROM sys.jobs j
             WHERE j.object_name IN (c.relname, n.nspname || '.' || c.relname)
               AND j.status IN ('submitted', 'processing') LIMIT 1)
      FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = %s AND n.nspname = current_schema()
"""
CONSTRAINT = """
    SELECT k.convalidated FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.conname = %s AND c.relname = %s AND n.nspname = current_schema()
"""


def wait(cursor: Any, job: str) -> None:
    """Wait for the job; raises DatabaseError where it failed."""
    cursor.execute(WAIT, [job])
    row = cursor.fetchone()
    if not row or row[0] is not True:
        cursor.execute("SELECT details FROM sys.jobs WHERE job_id = %s", [job])
        found = cursor.fetchone()
        said = found[0] if found and found[0] else "it gives no reason"
        raise DatabaseError(f"Aurora DSQL could not do job {job}: {said}.")


def index_state(cursor: Any, name: str) -> tuple[bool, str | None] | None:
    """Return whether an index is ready and the job that builds it; None where there is no such index."""
    cursor.execute(INDEX, [name])
    row = cursor.fetchone()
    return (bool(row[0]), row[1]) if row else None


def constraint_is_valid(cursor: Any, table: str, name: str) -> bool | None:
    """Return whether a constraint holds for every row; None where there is no such constraint."""
    cursor.execute(CONSTRAINT, [name, table])
    row = cursor.fetchone()
    return bool(row[0]) if row else None
