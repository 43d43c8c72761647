"""Runs a batch on one table, and returns the content of the database afterwards or, offline, the SQL.

A case is a table (`columns`, `items`, `rows`, `schema`), its configuration (`dialect`: SQLite online if there is none; `convention`:
of the migration; `table_convention`: of the table), keywords of `batch_alter_table()` (`options`; `copy`: the table is given as
`copy_from`), and `steps`, calls of the batch `b`. Everything but the rows is Python source.
"""

import io
import re
import warnings
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

CONVENTIONS = {
    "full": {
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
    "columns": {
        "ix": "ix_%(column_0_label)s",
        "ck": "ck_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    },
}
#: Each connection has a database of its own.
ENGINE = sa.create_engine("sqlite://", poolclass=sa.NullPool)
#: The value of a func.now() default; no other value contains a time.
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_CONSTRAINT = re.compile(r"\s+(CONSTRAINT|UNIQUE|CHECK|FOREIGN KEY)\b")
#: The parts of a column's source that create a constraint.
_CONSTRAINT_SOURCES = ("ForeignKey(", "create_constraint=True", "unique=True")
#: Statements whose order comes from a set in Alembic.
_UNORDERED = re.compile(r"(CREATE (?:UNIQUE )?INDEX|ALTER TABLE \S+ DROP CONSTRAINT)\b")


def explain(case: Any) -> str:
    """Return the case as a script."""
    options = "".join(f", {name}={value}" for name, value in case.get("options", {}).items())
    copy_from = ", copy_from=t" if case.get("copy") else ""
    table = ", ".join([*case.get("columns", []), *case.get("items", [])])
    lines = [
        f"# {case.get('dialect', 'SQLite online')}, convention {case.get('convention')}",
        f"t = sa.Table('t', sa.MetaData(), {table}, schema={case.get('schema')!r})",
        f"# convention of the table {case.get('table_convention')}; rows {case.get('rows')}",
        f"with op.batch_alter_table('t', schema={case.get('schema')!r}{copy_from}{options}) as b:",
        *(f"    {step}" for step in case.get("steps", [])),
    ]
    return "\n".join(lines)


def run(case: Any) -> Any:
    """Return the database's content or the SQL, and the exception."""
    with warnings.catch_warnings():
        # The warnings differ, and SQLAlchemy warns about Alembic's use of it.
        warnings.simplefilter("ignore")
        return _offline(case) if "dialect" in case else _online(case)


def _table(case: Any) -> sa.Table:
    names = {"sa": sa}
    metadata = sa.MetaData(naming_convention=CONVENTIONS.get(case.get("table_convention")))
    schema = case.get("schema")
    sa.Table(
        "par",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(5)),
        schema=schema,
    )
    source = [*case.get("columns", []), *case.get("items", [])]
    items = [eval(item, names) for item in source]
    return sa.Table("t", metadata, *items, schema=schema, comment=case.get("comment"))


def _opts(case: Any) -> dict[str, Any]:
    convention = CONVENTIONS.get(case.get("convention"))
    if convention is None:
        return {}
    return {"target_metadata": sa.MetaData(naming_convention=convention)}


def _batch(case: Any, context: MigrationContext, table: sa.Table) -> Any:
    """Run the batch, and return its exception as a JSON value, or None."""
    names: dict[str, Any] = {"sa": sa, "CONVENTIONS": CONVENTIONS}
    options = {name: eval(part, names) for name, part in case.get("options", {}).items()}
    if case.get("copy"):
        options["copy_from"] = table
    try:
        with Operations(context).batch_alter_table(
            "t", schema=case.get("schema"), **options
        ) as names["b"]:
            for step in case.get("steps", []):
                exec(step, names)  # noqa: S102
    except Exception as error:  # noqa: BLE001 - it is compared, with what it leaves behind
        return {"types": [cls.__name__ for cls in type(error).__mro__], "text": str(error)}
    return None


def _offline(case: Any) -> Any:
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=case["dialect"], opts={"as_sql": True, "output_buffer": buffer, **_opts(case)}
    )
    table = _table(case)
    error = _batch(case, context, table)
    return {"error": error, "sql": _with_sorted_sets(buffer.getvalue(), table, case)}


def _online(case: Any) -> Any:
    table = _table(case)
    with ENGINE.connect() as connection:
        table.metadata.create_all(connection)
        for row in case.get("rows", []):
            values = {n: v for n, v in row.items() if n in table.c and table.c[n].computed is None}
            target = sa.table("t", *map(sa.column, values))
            # A row that breaks a constraint is left out.
            connection.execute(target.insert().prefix_with("OR IGNORE"), values)
        error = _batch(case, MigrationContext.configure(connection, opts=_opts(case)), table)
        found = connection.exec_driver_sql(
            "select type, name, sql from sqlite_master where sql is not null order by name"
        ).all()
        rows = {
            name: sorted(
                _TIME.sub("now", repr(row))
                for row in connection.exec_driver_sql(f'select * from "{name}"')
            )
            for kind, name, _ in found
            if kind == "table"
        }
        statements = {name: _with_sorted_sets(sql, table, case) for _, name, sql in found}
        return {"error": error, "sql": statements, "rows": rows}


def _with_sorted_sets(sql: str, table: sa.Table, case: Any) -> str:
    """Return the SQL, with lines whose order comes from a set sorted.

    Alembic iterates over the constraints and indexes of a table or of an added column as a set, whose order
    varies from run to run.
    """
    constraints = table.constraints.union(*(column.constraints for column in table.c))
    several = sum(not isinstance(each, sa.PrimaryKeyConstraint) for each in constraints) > 1
    several = several or any(
        "add_column" in step and sum(part in step for part in _CONSTRAINT_SOURCES) > 1
        for step in case.get("steps", [])
    )
    statements = [part.strip() for part in sql.split(";\n")]
    if several:
        statements = [_constraints_in_order(statement) for statement in statements]
    arranged: list[str] = []
    for statement in statements:
        at = len(arranged)
        if _UNORDERED.match(statement):
            while at and _UNORDERED.match(arranged[at - 1]) and statement < arranged[at - 1]:
                at -= 1
        arranged.insert(at, statement)
    return "\n\n".join(arranged)


def _constraints_in_order(statement: str) -> str:
    lines = [line.rstrip().rstrip(",") for line in statement.split("\n")]
    constraints = iter(sorted(line for line in lines if _CONSTRAINT.match(line)))
    return "\n".join(next(constraints) if _CONSTRAINT.match(line) else line for line in lines)
