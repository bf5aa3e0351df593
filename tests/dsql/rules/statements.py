"""What Aurora DSQL refuses, by the text of a statement (user guide: "Supported SQL", "Unsupported PostgreSQL features")."""

import re
from collections.abc import Callable

from django.db.utils import NotSupportedError

# Of a definition of columns: types that no column may have, and numbers that count themselves.
TYPES = re.compile(r"\b(inet|cidr|jsonb|xml|tsvector|money|serial|bigserial|hstore)\b|\w\[\]", re.IGNORECASE)
NEVER = re.compile(
    r"^\s*(TRUNCATE|SAVEPOINT|RELEASE|ROLLBACK TO|LOCK|LISTEN|NOTIFY|VACUUM|CREATE (EXTENSION|TRIGGER|TEMP|UNLOGGED|MATERIALIZED)"
    r"|DECLARE|PREPARE|COPY|CLUSTER|SET CONSTRAINTS|COMMENT|CREATE (OR REPLACE )?FUNCTION .*plpgsql)\b",
    re.IGNORECASE | re.DOTALL,
)
DEFINES = re.compile(r"^\s*(CREATE|ALTER|DROP)\b", re.IGNORECASE)
CHANGES = re.compile(
    r"^\s*(INSERT|UPDATE|DELETE|WITH\b.*\b(INSERT|UPDATE|DELETE))\b", re.IGNORECASE | re.DOTALL
)
LITERAL = re.compile(r"'(?:[^']|'')*'")
MOST_COLUMNS_OF_AN_INDEX = 8


def refuse(sql: str) -> None:
    """Raise NotSupportedError for a statement that no cluster takes."""
    bare = LITERAL.sub("''", sql).strip().rstrip(";")
    if NEVER.match(bare):
        raise NotSupportedError(f"unsupported statement: {bare[:120]}")
    if ";" in bare:
        raise NotSupportedError(f"one statement at a time: {bare[:200]}")
    if re.search(r"FOR (NO KEY UPDATE|SHARE|KEY SHARE)|SKIP LOCKED|NOWAIT", bare, re.IGNORECASE):
        raise NotSupportedError(f"unsupported lock: {bare[-120:]}")
    for begins, check in CHECKS.items():
        if re.match(begins, bare, re.IGNORECASE):
            check(bare)


def _table(sql: str) -> None:
    _columns(sql)
    if re.search(r"\b(REFERENCES|FOREIGN KEY|DEFERRABLE)\b", sql, re.IGNORECASE):
        raise NotSupportedError(f"this engine makes no foreign keys: {sql[:200]}")
    if "IDENTITY" in sql and not re.search(r"IDENTITY \(CACHE (1|[6-9]\d{4,}|\d{6,})\)", sql):
        raise NotSupportedError("IDENTITY needs CACHE 1 or at least 65536")


def _columns(sql: str) -> None:
    if found := TYPES.search(sql):
        raise NotSupportedError(f"datatype not supported: {found[0]} in {sql[:200]}")


def _index(sql: str) -> None:
    if not re.match(r"CREATE (UNIQUE )?INDEX ASYNC ", sql, re.IGNORECASE):
        raise NotSupportedError(f"use CREATE INDEX ASYNC: {sql}")
    inside = sql[sql.index("(") :]
    if re.search(r"\b(DESC|ASC)\b|_ops\b|\bWITH\b|\bCONCURRENTLY\b", inside) or "USING" in sql:
        raise NotSupportedError(f"unsupported index: {sql}")
    if re.search(r"\(\(|\w\(", inside):
        raise NotSupportedError(f"indexes here are of plain columns: {sql}")
    if inside.split(")")[0].count(",") >= MOST_COLUMNS_OF_AN_INDEX:
        raise NotSupportedError(f"more than {MOST_COLUMNS_OF_AN_INDEX} columns: {sql}")


def _alter(sql: str) -> None:
    acts = {
        r" TYPE ": "unsupported ALTER TABLE ALTER COLUMN ... TYPE statement",
        r" SET NOT NULL": "unsupported ALTER TABLE ALTER COLUMN ... SET NOT NULL statement",
        r"ADD COLUMN .*(DEFAULT|NOT NULL|UNIQUE|CHECK|PRIMARY KEY|REFERENCES)": "ADD COLUMN with a constraint",
        r"ADD CONSTRAINT (?!.*NOT VALID)": "ADD CONSTRAINT without NOT VALID",
        r"FOREIGN KEY": "this engine makes no foreign keys",
        r"DROP IDENTITY": "unsupported ALTER TABLE ... DROP IDENTITY",
    }
    for pattern, said in acts.items():
        if re.search(pattern, sql, re.IGNORECASE):
            raise NotSupportedError(f"{said}: {sql[:200]}")
    if re.search(r"VALIDATE CONSTRAINT", sql) and "ALTER TABLE ASYNC" not in sql:
        raise NotSupportedError(f"use ALTER TABLE ASYNC: {sql}")
    if re.search(r"ADD COLUMN", sql):
        _columns(sql)
    if re.sub(r"\([^)]*\)", "", sql).count(",") > 0:
        raise NotSupportedError(f"one act at a time: {sql[:200]}")


CHECKS: dict[str, Callable[[str], None]] = {
    r"CREATE TABLE": _table,
    r"CREATE (UNIQUE )?INDEX": _index,
    r"ALTER TABLE": _alter,
}
