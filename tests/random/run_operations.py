"""Runs the directives of one case offline, and returns the SQL that they write.

A call is `{"f": name, "a": [positional], "k": {keyword: value}}`, where a value is Python source or another call.
"""

import datetime
import decimal
import io
import itertools
import re
import uuid
import warnings
from typing import Any

import alembic.op  # noqa: F401 - as in a revision file
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql


class Shouted(sa.types.TypeDecorator[str]):
    """A type with a bind processor."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else str(value).upper()

    process_literal_param = process_bind_param


class Wrapped(sa.types.UserDefinedType[str]):
    """A type with a bind expression."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return "VARCHAR(9)"

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.func.upper(bindvalue, type_=self)


NAMES = {
    "sa": sa,
    "datetime": datetime,
    "decimal": decimal,
    "uuid": uuid,
    "mssql": mssql,
    "mysql": mysql,
    "oracle": oracle,
    "postgresql": postgresql,
    "Shouted": Shouted,
    "Wrapped": Wrapped,
}


def source(value: Any) -> str:
    """Return the Python source of a call or a list of values."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(source, value))}]"
    named = [f"{name}={source(part)}" for name, part in value.get("k", {}).items()]
    return f"{value.get('f', 'None')}({', '.join([*map(source, value.get('a', [])), *named])})"


def explain(case: Any) -> str:
    """Return the case as the code of a revision file."""
    lines = [f"# {case.get('dialect')}, configured with {case.get('opts')}"]
    return "\n".join([*lines, *(statement(step) for step in case.get("steps", []))])


def statement(step: Any) -> str:
    """Return the source of a directive; the table of `op.create_table()` is assigned to `made`."""
    code = source(step)
    return f"made = {code}" if code.startswith("op.create_table(") else code


def run(case: Any) -> Any:
    """Return the SQL and the warnings."""
    buffer = io.StringIO()
    opts = dict(case.get("opts", {}))
    if "convention" in opts:
        opts["target_metadata"] = sa.MetaData(naming_convention=opts.pop("convention"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        context = MigrationContext.configure(
            dialect_name=case.get("dialect", "sqlite"),
            opts={"as_sql": True, "output_buffer": buffer, **opts},
        )
        names = {**NAMES, "op": Operations(context), "made": None}
        for step in case.get("steps", []):
            exec(statement(step), names)  # noqa: S102 - the case is Python source
    messages = sorted({str(warning.message) for warning in caught})
    return "\n\n".join([*in_order(_ADDRESS.sub("0x", buffer.getvalue())), *messages])


#: SQLAlchemy writes some values of a wrong type with repr().
_ADDRESS = re.compile("0x[0-9a-f]+")

#: Alembic iterates over a table's indexes and constraints as sets; the order differs between runs.
UNORDERED = ("CREATE [A-Z ]*INDEX ", r"ALTER TABLE \S+ ADD (CONSTRAINT|UNIQUE|CHECK|FOREIGN)")


def in_order(sql: str) -> list[str]:
    """Return the statements, sorted where their order is not defined."""
    statements = re.split(r"\n\n(?!GO\n|/\n|NEXT\n)", sql)

    def kind(statement: str) -> str:
        found = [each for each in UNORDERED if re.match(each, statement)]
        return found[0] if found else ""

    return [
        statement
        for pattern, group in itertools.groupby(statements, kind)
        for statement in (sorted(group) if pattern else group)
    ]
