"""Print the offline SQL of each operation on one dialect; runs with Alembic and with limbeck.

    python offline_script.py DIALECT

Each block starts with a line that names the directive; if the directive raises an exception, the line shows it.
"""

import datetime
import io
import sys
import warnings
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

ACCOUNT = sa.table(
    "account", sa.column("name", sa.String), sa.column("id", sa.Integer), sa.column("d", sa.Date)
)
DAY = datetime.date(2020, 1, 2)

Directive = Callable[[Operations], Any]

STATEMENTS: dict[str, Directive] = {
    "text": lambda op: op.execute("  SELECT 'a:b' ;\n\tx\n "),
    "update with parameters": lambda op: op.execute(
        ACCOUNT.update().where(ACCOUNT.c.name == "x").values(name="y%")
    ),
    "inline literals": lambda op: op.execute(
        ACCOUNT.update()
        .where(ACCOUNT.c.name == op.inline_literal("account 1"))
        .values(name=op.inline_literal(2))
    ),
    "insert of a date": lambda op: op.execute(ACCOUNT.insert().values(d=DAY)),
    "rows": lambda op: op.bulk_insert(
        ACCOUNT, [{"name": "a", "id": 1, "d": DAY}, {"name": "b'%:x", "id": None}]
    ),
    "no rows": lambda op: op.bulk_insert(ACCOUNT, []),
}

TABLES: dict[str, Directive] = {
    "create": lambda op: op.create_table(
        "T x",
        sa.Column("id", sa.Integer, primary_key=True, comment="c1"),
        sa.Column("b", sa.String(50), index=True, comment="it's", server_default="5%"),
        sa.Column("e", sa.Enum("a", "b", name="en")),
        sa.Column("f", sa.Integer, sa.ForeignKey("o.id", ondelete="CASCADE")),
        sa.CheckConstraint("b > 5", name="ckb"),
        sa.UniqueConstraint("b", "e", name="uq"),
        comment="tc",
        schema="sch",
    ),
    "create if not exists": lambda op: op.create_table(
        "t", sa.Column("id", sa.Integer), sa.Column("z", sa.Integer, index=True), if_not_exists=True
    ),
    "create two with one enum": lambda op: (
        op.create_table("t", sa.Column("id", sa.Enum("a", name="en"))),
        op.create_table("t2", sa.Column("id", sa.Enum("a", name="en"))),
        op.drop_table("t"),
    ),
    "drop if exists": lambda op: op.drop_table("t", schema="s", if_exists=True),
    "rename": lambda op: op.rename_table("a", "B", schema="s"),
    "comments": lambda op: (
        op.create_table_comment("t", "it's 5%", schema="s"),
        op.drop_table_comment("t", schema="s"),
    ),
}

COLUMNS: dict[str, Directive] = {
    "add with key, comment, index and default": lambda op: op.add_column(
        "a",
        sa.Column(
            "c",
            sa.Integer,
            sa.ForeignKey("o.id"),
            comment="hey",
            index=True,
            nullable=False,
            server_default=sa.func.now(),
        ),
        schema="s",
    ),
    "add an enum": lambda op: op.add_column("a", sa.Column("c", sa.Enum("a", "b", name="en"))),
    "add a checked boolean": lambda op: op.add_column(
        "a", sa.Column("c", sa.Boolean(create_constraint=True))
    ),
    "add inline": lambda op: op.add_column(
        "a",
        sa.Column("c", sa.Integer, sa.ForeignKey("o.id", onupdate="CASCADE"), primary_key=True),
        inline_references=True,
        inline_primary_key=True,
        if_not_exists=True,
    ),
    "add computed": lambda op: op.add_column("a", sa.Column("c", sa.Integer, sa.Computed("x + 1"))),
    "add identity": lambda op: op.add_column(
        "a", sa.Column("c", sa.Integer, sa.Identity(always=True, start=4))
    ),
    "drop if exists": lambda op: op.drop_column("a", "b", schema="s", if_exists=True),
    "drop with dependent constraints": lambda op: op.drop_column(
        "a", "b", mssql_drop_check=True, mssql_drop_default=True, mssql_drop_foreign_key=True
    ),
}

CONSTRAINTS: dict[str, Directive] = {
    "foreign key": lambda op: op.create_foreign_key(
        "fk",
        "a",
        "b",
        ["x", "y"],
        ["z", "w"],
        ondelete="CASCADE",
        source_schema="s",
        referent_schema="r",
        deferrable=True,
        initially="DEFERRED",
    ),
    "foreign key to itself": lambda op: op.create_foreign_key(None, "a", "a", ["x"], ["z"]),
    "unique": lambda op: op.create_unique_constraint("uq", "a", ["x", "Y"], schema="s"),
    "primary key": lambda op: op.create_primary_key("pk", "a", ["x", "Y"], schema="s"),
    "check": lambda op: op.create_check_constraint("ck", "a", sa.column("x") > 5, schema="s"),
    "check as text": lambda op: op.create_check_constraint("ck", "a", "x > 5 % 2"),
    "drop foreign key": lambda op: op.drop_constraint("fk", "a", type_="foreignkey", schema="s"),
    "drop unique if exists": lambda op: op.drop_constraint(
        "uq", "a", type_="unique", if_exists=True
    ),
    "drop check": lambda op: op.drop_constraint("ck", "a", type_="check"),
    "drop primary key": lambda op: op.drop_constraint("pk", "a", type_="primary"),
    "drop without a type": lambda op: op.drop_constraint("x", "a"),
    "drop of an unknown type": lambda op: op.drop_constraint("x", "a", type_="zork"),
    "index of expressions": lambda op: op.create_index(
        "ix",
        "t",
        ["a", sa.text("lower(b)"), sa.func.foo(sa.column("c"))],
        schema="s",
        unique=True,
        if_not_exists=True,
    ),
    "index with options": lambda op: op.create_index(
        "ix",
        "t",
        ["a", "b"],
        postgresql_concurrently=True,
        postgresql_where=sa.text("a > 5"),
        postgresql_include=["z"],
        postgresql_using="gin",
        postgresql_ops={"a": "jsonb_ops"},
        postgresql_nulls_not_distinct=True,
        mssql_include=["y"],
        mssql_clustered=True,
        mysql_length=5,
        sqlite_where=sa.text("a > 4"),
    ),
    "drop index": lambda op: op.drop_index("ix", "t", schema="s", if_exists=True),
    "drop index concurrently": lambda op: op.drop_index("ix", "t", postgresql_concurrently=True),
    "unique with options": lambda op: op.create_unique_constraint(
        "u", "t", ["a"], postgresql_nulls_not_distinct=True
    ),
    "foreign key not valid": lambda op: op.create_foreign_key(
        "u", "t", "r", ["a"], ["b"], postgresql_not_valid=True
    ),
}

IDENTITY = sa.Identity
ALTERATIONS: dict[str, dict[str, Any]] = {
    "null": {"nullable": True},
    "not null, type known": {"nullable": False, "existing_type": sa.Integer()},
    "not null, all known": {
        "nullable": False,
        "existing_type": sa.String(5),
        "existing_server_default": "q",
        "existing_comment": "ec",
    },
    "type": {"type_": sa.String(5)},
    "type, null known": {
        "type_": sa.Integer,
        "existing_type": sa.String(5),
        "existing_nullable": False,
    },
    "type, all known": {
        "type_": sa.Integer,
        "existing_nullable": True,
        "existing_server_default": sa.text("5"),
        "existing_comment": "zz",
        "existing_autoincrement": True,
    },
    "to checked boolean": {
        "type_": sa.Boolean(create_constraint=True, name="bck"),
        "existing_nullable": True,
    },
    "from checked boolean": {
        "type_": sa.Integer,
        "existing_type": sa.Boolean(create_constraint=True, name="bck"),
        "existing_nullable": True,
    },
    "using": {"type_": sa.Integer, "postgresql_using": "c::int", "existing_nullable": False},
    "using without type": {"existing_type": sa.Integer, "postgresql_using": "c::int"},
    "drop default": {"server_default": None},
    "set default": {"server_default": "it's"},
    "set default of a datetime": {
        "server_default": sa.text("now()"),
        "existing_type": sa.DateTime(),
    },
    "drop default of a datetime": {"server_default": None, "existing_type": sa.DateTime()},
    "null of a datetime": {"nullable": True, "existing_type": sa.DateTime()},
    "replace default": {
        "server_default": "5",
        "existing_server_default": "6",
        "existing_type": sa.Integer,
    },
    "leave default": {"server_default": False},
    "rename": {"new_column_name": "Z"},
    "rename, all known": {
        "new_column_name": "Z",
        "existing_type": sa.Integer,
        "existing_nullable": False,
        "existing_server_default": "4",
        "existing_comment": "com",
    },
    "autoincrement": {"autoincrement": True, "existing_type": sa.Integer},
    "no autoincrement": {
        "autoincrement": False,
        "existing_autoincrement": True,
        "existing_type": sa.Integer,
        "existing_nullable": False,
    },
    "to identity": {"server_default": sa.Identity()},
    "to identity and type": {
        "server_default": sa.Identity(always=True, start=5),
        "existing_server_default": None,
        "existing_nullable": False,
        "type_": sa.BigInteger,
    },
    "from identity": {"server_default": None, "existing_server_default": sa.Identity()},
    "other identity": {
        "server_default": sa.Identity(start=4, cycle=True, minvalue=3),
        "existing_server_default": sa.Identity(always=True),
    },
    "to computed": {"server_default": sa.Computed("a+1")},
    "from computed": {"server_default": None, "existing_server_default": sa.Computed("x")},
}
# Run with a schema, because Alembic needs one on SQL Server; not run on SQLite, where Alembic ignores comments.
COMMENTS: dict[str, dict[str, Any]] = {
    "comment": {"comment": "x%:y", "existing_type": sa.Integer},
    "drop comment": {"comment": None, "existing_comment": "x", "existing_type": sa.Integer},
    "empty comment": {"comment": "", "existing_type": sa.Integer},
    "replace comment": {
        "comment": "n",
        "existing_comment": "o",
        "existing_type": sa.Integer,
        "existing_nullable": False,
        "existing_server_default": "r",
    },
    "everything": {
        "nullable": False,
        "type_": sa.Integer,
        "server_default": "5",
        "comment": "hi",
        "new_column_name": "new",
        "existing_type": sa.String(5),
        "existing_server_default": "4",
        "existing_comment": "old",
        "existing_nullable": True,
    },
}


def show(dialect: str, label: str, directive: Directive, **options: Any) -> None:
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=dialect,
        opts={"as_sql": True, "output_buffer": buffer, "compare_type": True, **options},
    )
    refused = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            directive(Operations(context))
        except Exception as error:  # noqa: BLE001 - any exception is shown
            # The name of a SQLAlchemy compiler contains an address.
            refused = f" refused: {type(error).__name__}: {str(error).partition(' object at ')[0]}"
    print(f"=== {label}{refused}")
    for warning in caught:
        print(f"warned: {warning.message}")
    print(buffer.getvalue(), end="|\n")


def alter(schema: str | None, changes: dict[str, Any]) -> Directive:
    return lambda op: op.alter_column("T a", "C c", schema=schema, **changes)


def main(dialect: str) -> None:
    for kind, directives in (
        ("statement", STATEMENTS),
        ("table", TABLES),
        ("column", COLUMNS),
        ("constraint", CONSTRAINTS),
    ):
        for name, directive in directives.items():
            show(dialect, f"{kind}: {name}", directive)
    for name, directive in STATEMENTS.items():
        show(dialect, f"statement, literal: {name}", directive, literal_binds=True)
    for name, changes in ALTERATIONS.items():
        show(dialect, f"alter: {name}", alter(None, changes))
        show(dialect, f"alter in schema: {name}", alter("s.x", changes))
    if dialect != "sqlite":
        for name, changes in COMMENTS.items():
            show(dialect, f"alter in schema: {name}", alter("s.x", changes))
    show(
        dialect,
        "transaction",
        lambda op: (op.impl.emit_begin(), op.impl.static_output("hello"), op.impl.emit_commit()),
    )
    show(dialect, "separator", lambda op: op.execute("x"), mssql_batch_separator="BYE")
    show(dialect, "separator", lambda op: op.execute("x"), oracle_batch_separator="BYE")


if __name__ == "__main__":
    main(sys.argv[1])
