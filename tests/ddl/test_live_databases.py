"""Each operation on each database: the schema after it, and after its reversal.

Longer than other files because it is a table of cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

Work = Callable[[Operations], Any]
ALL = frozenset({"sqlite", "postgresql", "mariadb"})
SERVERS = frozenset({"postgresql", "mariadb"})
POSTGRESQL = frozenset({"postgresql"})
MARIADB = frozenset({"mariadb"})
SQLITE = frozenset({"sqlite"})


def create_tables(connection: sa.Connection) -> None:
    """Create two tables with a row each."""
    metadata = sa.MetaData()
    customer = sa.Table(
        "customer",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(30), nullable=False, server_default="nobody"),
        sa.Column("score", sa.Integer),
        sa.Column("since", sa.DateTime),
        mysql_engine="InnoDB",
    )
    sale = sa.Table(
        "sale",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Integer),
        sa.Column("number", sa.String(10)),
        mysql_engine="InnoDB",
    )
    metadata.create_all(connection)
    connection.execute(customer.insert(), [{"id": 1, "name": "a", "score": 5}])
    connection.execute(sale.insert(), [{"id": 1, "customer_id": 1, "number": "7"}])
    connection.commit()


def schema_of(connection: sa.Connection) -> dict[str, Any]:
    """Return the reflected schema as plain values."""
    inspector = sa.inspect(connection)
    found: dict[str, Any] = {}
    for table in sorted(inspector.get_table_names()):
        found[table] = {
            "columns": {
                column["name"]: {
                    "type": str(column["type"]),
                    "nullable": column["nullable"],
                    "default": column["default"],
                    "comment": column.get("comment"),
                    "computed": column.get("computed"),
                    "identity": column.get("identity"),
                }
                for column in inspector.get_columns(table)
            },
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": inspector.get_foreign_keys(table),
            "unique": sorted(
                inspector.get_unique_constraints(table), key=lambda each: str(each["name"])
            ),
            "indexes": sorted(inspector.get_indexes(table), key=lambda each: str(each["name"])),
            "checks": sorted(
                inspector.get_check_constraints(table), key=lambda each: str(each["name"])
            ),
        }
        if connection.dialect.supports_comments:
            found[table]["comment"] = inspector.get_table_comment(table)
    connection.commit()
    return found


@dataclass
class Case:
    """A directive, how to undo it, and its effect on the schema.

    `expected` maps the path of a value in `schema_of()` to the value after the directive, or to a function that checks it.
    """

    name: str
    do: Work
    undo: Work
    expected: dict[tuple[str, ...], Any] = field(default_factory=dict)
    databases: frozenset[str] = ALL


def column_path(name: str, attribute: str, table: str = "customer") -> tuple[str, ...]:
    return (table, "columns", name, attribute)


def has_names(*names: str) -> Callable[[Any], bool]:
    return lambda found: sorted(each["name"] for each in found) == sorted(names)


def contains(text: str) -> Callable[[Any], bool]:
    return lambda found: text in str(found)


CASES = [
    Case(
        "create_table",
        lambda op: op.create_table(
            "note",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("body", sa.String(20), nullable=False, index=True),
            sa.Column("customer_id", sa.Integer, sa.ForeignKey("customer.id", name="fk_note")),
        ),
        lambda op: op.drop_table("note"),
        {
            ("note", "primary key", "constrained_columns"): ["id"],
            ("note", "foreign keys"): has_names("fk_note"),
            ("note", "indexes"): contains("ix_note_body"),
        },
    ),
    Case(
        "rename_table",
        lambda op: op.rename_table("sale", "Big Sale"),
        lambda op: op.rename_table("Big Sale", "sale"),
        {("Big Sale", "columns", "number", "nullable"): True},
    ),
    Case(
        "add_column",
        lambda op: op.add_column(
            "customer", sa.Column("Note x", sa.String(9), nullable=False, server_default="z")
        ),
        lambda op: op.drop_column("customer", "Note x"),
        {
            column_path("Note x", "nullable"): False,
            column_path("Note x", "type"): contains("VARCHAR(9)"),
        },
    ),
    Case(
        "add_column with an index",
        lambda op: op.add_column("customer", sa.Column("code", sa.Integer, index=True)),
        lambda op: (
            op.drop_index("ix_customer_code", table_name="customer"),
            op.drop_column("customer", "code"),
        ),
        {("customer", "indexes"): has_names("ix_customer_code")},
    ),
    Case(
        "add_column that exists already",
        lambda op: [
            op.add_column("customer", sa.Column("code", sa.Integer), if_not_exists=True)
            for _ in range(2)
        ],
        lambda op: [op.drop_column("customer", "code", if_exists=True) for _ in range(2)],
        {column_path("code", "nullable"): True},
        SERVERS,
    ),
    Case(
        "add_column with a foreign key",
        lambda op: op.add_column(
            "sale",
            sa.Column(
                "by", sa.Integer, sa.ForeignKey("customer.id", name="fk_by", ondelete="CASCADE")
            ),
        ),
        lambda op: (
            op.drop_constraint("fk_by", "sale", type_="foreignkey"),
            op.drop_column("sale", "by"),
        ),
        {("sale", "foreign keys"): contains("CASCADE")},
        SERVERS,
    ),
    Case(
        "add_column with its reference inline",
        lambda op: op.add_column(
            "sale",
            sa.Column("by", sa.Integer, sa.ForeignKey("customer.id")),
            inline_references=True,
        ),
        lambda op: op.drop_column("sale", "by"),
        {("sale", "foreign keys"): contains("customer")},
        POSTGRESQL | SQLITE,
    ),
    Case(
        "add_column, computed",
        lambda op: op.add_column(
            "customer", sa.Column("twice", sa.Integer, sa.Computed("score * 2", persisted=True))
        ),
        lambda op: op.drop_column("customer", "twice"),
        {column_path("twice", "computed"): lambda found: found["persisted"] is True},
        SERVERS,
    ),
    Case(
        "add_column, computed when read",
        lambda op: op.add_column(
            "customer", sa.Column("twice", sa.Integer, sa.Computed("score * 2", persisted=False))
        ),
        lambda op: op.drop_column("customer", "twice"),
        {column_path("twice", "computed"): lambda found: found["persisted"] is False},
        SQLITE | MARIADB,
    ),
    Case(
        "add_column, identity",
        lambda op: op.add_column(
            "customer", sa.Column("turn", sa.Integer, sa.Identity(start=7, increment=2))
        ),
        lambda op: op.drop_column("customer", "turn"),
        {
            column_path("turn", "identity"): lambda found: (
                (found["start"], found["increment"]) == (7, 2)
            )
        },
        POSTGRESQL,
    ),
    Case(
        "add_column with a comment",
        lambda op: op.add_column("customer", sa.Column("x", sa.Integer, comment="it's 5% :x")),
        lambda op: op.drop_column("customer", "x"),
        {column_path("x", "comment"): "it's 5% :x"},
        SERVERS,
    ),
    Case(
        "alter_column: name",
        lambda op: op.alter_column(
            "customer",
            "name",
            new_column_name="Full Name",
            existing_type=sa.String(30),
            existing_nullable=False,
            existing_server_default="nobody",
        ),
        lambda op: op.alter_column(
            "customer",
            "Full Name",
            new_column_name="name",
            existing_type=sa.String(30),
            existing_nullable=False,
            existing_server_default="nobody",
        ),
        {
            column_path("Full Name", "nullable"): False,
            column_path("Full Name", "default"): contains("nobody"),
        },
    ),
    Case(
        "alter_column: type",
        lambda op: op.alter_column(
            "customer", "score", type_=sa.BigInteger, existing_type=sa.Integer
        ),
        lambda op: op.alter_column(
            "customer", "score", type_=sa.Integer, existing_type=sa.BigInteger
        ),
        {column_path("score", "type"): contains("BIGINT")},
        SERVERS,
    ),
    Case(
        "alter_column: type with USING",
        lambda op: op.alter_column(
            "sale",
            "number",
            type_=sa.Integer,
            existing_type=sa.String(10),
            postgresql_using="number::integer",
        ),
        lambda op: op.alter_column("sale", "number", type_=sa.String(10), existing_type=sa.Integer),
        {column_path("number", "type", "sale"): "INTEGER"},
        POSTGRESQL,
    ),
    Case(
        "alter_column: NOT NULL",
        lambda op: op.alter_column("customer", "score", nullable=False, existing_type=sa.Integer),
        lambda op: op.alter_column("customer", "score", nullable=True, existing_type=sa.Integer),
        {column_path("score", "nullable"): False},
        SERVERS,
    ),
    Case(
        "alter_column: default",
        lambda op: op.alter_column(
            "customer", "score", server_default=sa.text("12"), existing_type=sa.Integer
        ),
        lambda op: op.alter_column(
            "customer", "score", server_default=None, existing_type=sa.Integer
        ),
        {column_path("score", "default"): "12"},
        SERVERS,
    ),
    Case(
        "alter_column: a function as default",
        lambda op: op.alter_column(
            "customer",
            "since",
            server_default=sa.func.current_timestamp(),
            existing_type=sa.DateTime(),
        ),
        # MariaDB ignores the DROP DEFAULT of CURRENT_TIMESTAMP; with the type, the column is defined anew.
        lambda op: op.alter_column("customer", "since", server_default=None, type_=sa.DateTime()),
        {column_path("since", "default"): lambda found: "current_timestamp" in found.lower()},
        SERVERS,
    ),
    Case(
        "alter_column: comment",
        lambda op: op.alter_column(
            "customer", "score", comment="it's 5%", existing_type=sa.Integer
        ),
        lambda op: op.alter_column(
            "customer",
            "score",
            comment=None,
            existing_comment="it's 5%",
            existing_type=sa.Integer,
        ),
        {column_path("score", "comment"): "it's 5%"},
        SERVERS,
    ),
    Case(
        "alter_column: to identity",
        lambda op: (
            op.alter_column("customer", "score", nullable=False),
            op.alter_column("customer", "score", server_default=sa.Identity(start=9)),
        ),
        lambda op: (
            op.alter_column(
                "customer",
                "score",
                server_default=None,
                existing_server_default=sa.Identity(start=9),
            ),
            op.alter_column("customer", "score", nullable=True),
        ),
        {column_path("score", "identity"): lambda found: found["start"] == 9},
        POSTGRESQL,
    ),
    Case(
        "alter_column: options of an identity",
        lambda op: (
            op.add_column("sale", sa.Column("turn", sa.Integer, sa.Identity(start=3))),
            op.alter_column(
                "sale",
                "turn",
                server_default=sa.Identity(start=3, increment=5, always=True),
                existing_server_default=sa.Identity(start=3),
            ),
        ),
        lambda op: op.drop_column("sale", "turn"),
        {
            column_path("turn", "identity", "sale"): lambda found: (
                found["increment"] == 5 and found["always"] is True
            )
        },
        POSTGRESQL,
    ),
    Case(
        "alter_column: autoincrement",
        lambda op: op.alter_column(
            "sale", "id", autoincrement=True, existing_type=sa.Integer, existing_nullable=False
        ),
        lambda op: op.alter_column(
            "sale",
            "id",
            autoincrement=False,
            existing_autoincrement=True,
            existing_type=sa.Integer,
            existing_nullable=False,
        ),
        {},
        MARIADB,
    ),
    Case(
        "alter_column: everything at once",
        lambda op: op.alter_column(
            "customer",
            "name",
            new_column_name="title",
            type_=sa.String(60),
            nullable=True,
            server_default="anybody",
            comment="who",
            existing_type=sa.String(30),
            existing_nullable=False,
            existing_server_default="nobody",
        ),
        lambda op: op.alter_column(
            "customer",
            "title",
            new_column_name="name",
            type_=sa.String(30),
            nullable=False,
            server_default="nobody",
            comment=None,
            existing_comment="who",
            existing_type=sa.String(60),
            existing_nullable=True,
            existing_server_default="anybody",
        ),
        {
            column_path("title", "type"): contains("VARCHAR(60)"),
            column_path("title", "nullable"): True,
            column_path("title", "default"): contains("anybody"),
            column_path("title", "comment"): "who",
        },
        SERVERS,
    ),
    Case(
        "create_table_comment",
        lambda op: op.create_table_comment("sale", "it's 5%"),
        lambda op: op.drop_table_comment("sale", existing_comment="it's 5%"),
        {("sale", "comment", "text"): "it's 5%"},
        SERVERS,
    ),
    Case(
        "create_index",
        lambda op: op.create_index("ix_sale", "sale", ["number", "customer_id"], unique=True),
        lambda op: op.drop_index("ix_sale", table_name="sale"),
        {
            ("sale", "indexes"): lambda found: (
                found[0]["column_names"] == ["number", "customer_id"] and found[0]["unique"]
            )
        },
    ),
    Case(
        "create_index that exists already",
        lambda op: [
            op.create_index("ix_sale", "sale", ["number"], if_not_exists=True) for _ in range(2)
        ],
        lambda op: [op.drop_index("ix_sale", "sale", if_exists=True) for _ in range(2)],
        {("sale", "indexes"): has_names("ix_sale")},
    ),
    Case(
        "create_index of an expression, for some rows",
        lambda op: op.create_index(
            "ix_sale",
            "sale",
            [sa.text("lower(number)")],
            postgresql_where=sa.text("customer_id > 3"),
        ),
        lambda op: op.drop_index("ix_sale", table_name="sale"),
        {("sale", "indexes"): contains("customer_id > 3")},
        POSTGRESQL,
    ),
    Case(
        "create_index with included columns",
        lambda op: op.create_index(
            "ix_sale", "sale", ["number"], postgresql_include=["customer_id"]
        ),
        lambda op: op.drop_index("ix_sale", table_name="sale"),
        {("sale", "indexes"): contains("'postgresql_include': ['customer_id']")},
        POSTGRESQL,
    ),
    Case(
        "create_index with NULLS NOT DISTINCT",
        lambda op: op.create_index(
            "ix_sale", "sale", ["number"], unique=True, postgresql_nulls_not_distinct=True
        ),
        lambda op: op.drop_index("ix_sale", table_name="sale"),
        {("sale", "indexes"): contains("'postgresql_nulls_not_distinct': True")},
        POSTGRESQL,
    ),
    Case(
        "create_foreign_key",
        lambda op: op.create_foreign_key(
            "fk_sale", "sale", "customer", ["customer_id"], ["id"], ondelete="SET NULL"
        ),
        lambda op: (
            op.drop_constraint("fk_sale", "sale", type_="foreignkey"),
            # MariaDB keeps the index of the foreign key.
            op.drop_index("fk_sale", "sale") if op.impl.dialect.name == "mysql" else None,
        ),
        {("sale", "foreign keys"): contains("SET NULL")},
        SERVERS,
    ),
    Case(
        "create_unique_constraint",
        lambda op: op.create_unique_constraint("uq_sale", "sale", ["number", "customer_id"]),
        lambda op: op.drop_constraint("uq_sale", "sale", type_="unique"),
        {("sale", "unique"): has_names("uq_sale")},
        SERVERS,
    ),
    Case(
        "create_check_constraint",
        lambda op: op.create_check_constraint("ck_sale", "sale", sa.column("customer_id") > -5),
        lambda op: op.drop_constraint("ck_sale", "sale", type_="check"),
        {("sale", "checks"): has_names("ck_sale")},
        SERVERS,
    ),
    Case(
        "drop_constraint of a primary key",
        lambda op: op.drop_constraint(
            "sale_pkey" if op.impl.dialect.name == "postgresql" else "PRIMARY",
            "sale",
            type_="primary",
        ),
        lambda op: op.create_primary_key("sale_pkey", "sale", ["id"]),
        {("sale", "primary key", "constrained_columns"): []},
        SERVERS,
    ),
    Case(
        "create_exclude_constraint",
        lambda op: op.create_exclude_constraint(
            "ex_sale", "sale", ("number", "="), where="customer_id > 0", using="btree"
        ),
        lambda op: op.drop_constraint("ex_sale", "sale"),
        {("sale", "indexes"): contains("ex_sale")},
        POSTGRESQL,
    ),
    Case(
        "an enum type with its table",
        lambda op: op.create_table(
            "mood", sa.Column("feeling", sa.Enum("sad", "happy", name="feelings"))
        ),
        lambda op: (
            op.drop_table("mood"),
            sa.Enum(name="feelings").drop(op.get_bind(), checkfirst=False)
            if op.impl.dialect.name == "postgresql"
            else None,
        ),
        {column_path("feeling", "type", "mood"): lambda found: found is not None},
    ),
    Case(
        "bulk_insert and execute",
        lambda op: (
            op.bulk_insert(
                sa.table("sale", sa.column("id", sa.Integer), sa.column("number", sa.String)),
                [{"id": 10, "number": "it's"}, {"id": 11, "number": "5%"}],
            ),
            op.execute("UPDATE sale SET customer_id = 3 WHERE number = '5%'"),
        ),
        lambda op: op.execute(sa.text("DELETE FROM sale WHERE id >= :low").bindparams(low=10)),
    ),
]

PAIRS = [
    pytest.param(backend, case, id=f"{backend}-{case.name}")
    for case in CASES
    for backend in sorted(case.databases)
]


def run_migration(connection: sa.Connection, work: Work) -> None:
    context = MigrationContext.configure(connection)
    with context.begin_transaction(_per_migration=True):
        work(Operations(context))
    connection.commit()


@pytest.mark.parametrize("backend, case", PAIRS)
def test_operation_has_its_effect_and_its_reversal_undoes_it(
    backend: str, case: Case, request: pytest.FixtureRequest
) -> None:
    engine = sa.create_engine(request.getfixturevalue(f"{backend}_url"))
    with engine.connect() as connection:
        create_tables(connection)
        before = schema_of(connection)

        run_migration(connection, case.do)
        after = schema_of(connection)
        for path, value in case.expected.items():
            found: Any = after
            for step in path:
                found = found[step]
            assert value(found) if callable(value) else found == value, (path, found)
        if case.expected:
            assert after != before

        run_migration(connection, case.undo)
        assert schema_of(connection) == before
        assert connection.execute(sa.text("SELECT id, score FROM customer")).all() == [(1, 5)]
        assert connection.execute(sa.text("SELECT id FROM sale")).all() == [(1,)]
    engine.dispose()


# SQLite has no ALTER for these: they need batch mode.
REFUSED_BY_SQLITE = {
    "create_check_constraint": lambda op: op.create_check_constraint("ck", "sale", "id > 0"),
    "create_foreign_key": lambda op: op.create_foreign_key(
        "fk", "sale", "customer", ["customer_id"], ["id"]
    ),
    "create_unique_constraint": lambda op: op.create_unique_constraint("uq", "sale", ["number"]),
    "drop_constraint": lambda op: op.drop_constraint("uq", "sale", type_="unique"),
}


@pytest.mark.parametrize("name", REFUSED_BY_SQLITE)
def test_sqlite_error_names_batch_mode(name: str, sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        create_tables(connection)
        before = schema_of(connection)
        with pytest.raises(NotImplementedError, match="batch mode"):
            run_migration(connection, REFUSED_BY_SQLITE[name])
        connection.rollback()
        assert schema_of(connection) == before
    engine.dispose()


def test_comment_is_refused_on_sqlite(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        create_tables(connection)
        with pytest.raises(sa.exc.CompileError, match=r"comment.*'score'.*'customer'.*sqlite"):
            run_migration(connection, lambda op: op.alter_column("customer", "score", comment="x"))
    engine.dispose()


def test_index_is_created_concurrently_in_an_autocommit_block(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        create_tables(connection)
        context = MigrationContext.configure(connection)
        with context.begin_transaction(_per_migration=True), context.autocommit_block():
            Operations(context).create_index(
                "ix_sale", "sale", ["number"], postgresql_concurrently=True
            )
        assert schema_of(connection)["sale"]["indexes"][0]["name"] == "ix_sale"
    engine.dispose()


def test_failure_is_rolled_back(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        create_tables(connection)
        before = schema_of(connection)

        def fails(op: Operations) -> None:
            op.drop_column("customer", "score")
            op.drop_table("nowhere")

        with pytest.raises(sa.exc.ProgrammingError, match="nowhere"):
            run_migration(connection, fails)
        connection.rollback()
        assert schema_of(connection) == before
    engine.dispose()
