"""Short cuts have the results of SQLAlchemy, and are not taken where an observer would see a difference."""

import datetime
import io
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from limbeck import short_cuts
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles, deregister
from sqlalchemy.sql.dml import Insert

DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")

pytestmark = pytest.mark.usefixtures("short_cuts_on_and_off")


def offline(dialect: str, work: Any, **opts: Any) -> str:
    """Return the SQL that offline mode writes for the operations of `work`."""
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=dialect, opts={"as_sql": True, "output_buffer": written, **opts}
    )
    work(Operations(context))
    return written.getvalue()


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection


# -- text


@pytest.mark.parametrize("dialect", DIALECTS)
@given(statement=st.text("aZ09 ,.()'\"*=<>:%\\?$[]\t\n_-", min_size=1, max_size=40))
def test_text_equals_sqlalchemys(dialect: str, statement: str) -> None:
    def as_text(op: Operations) -> None:
        op.execute(statement)

    def as_construct(op: Operations) -> None:
        op.execute(sa.text(statement))

    try:
        expected = offline(dialect, as_construct)
    except sa.exc.CompileError:
        with pytest.raises(sa.exc.CompileError):
            offline(dialect, as_text)
    else:
        assert offline(dialect, as_text) == expected


def test_listener_gets_the_text_construct(connection: Connection) -> None:
    constructs: list[Any] = []

    @event.listens_for(connection, "before_execute")
    def record(conn: Any, construct: Any, *rest: Any) -> None:
        constructs.append(construct)

    Operations(MigrationContext.configure(connection)).execute("CREATE TABLE t (id INTEGER)")
    assert [type(construct) for construct in constructs] == [sa.sql.elements.TextClause]


def test_log_of_text_equals_sqlalchemys(caplog: pytest.LogCaptureFixture) -> None:
    engine = sa.create_engine("sqlite://", echo=True)
    with engine.connect() as connection, caplog.at_level(logging.INFO, "sqlalchemy.engine"):
        Operations(MigrationContext.configure(connection)).execute("CREATE TABLE t (id INTEGER)")
    assert "CREATE TABLE t (id INTEGER)" in caplog.messages
    assert not any("raw sql" in message for message in caplog.messages)


def test_text_runs_without_listeners(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    op.execute("CREATE TABLE t (name TEXT)")
    op.execute("INSERT INTO t VALUES ('plain')")
    op.execute("INSERT INTO t VALUES ('10\\:30 100%')")
    names = connection.execute(sa.text("SELECT name FROM t")).scalars().all()
    assert names == ["plain", "10:30 100%"]


# -- rows


TABLE = sa.table(
    "t",
    sa.column("id", sa.Integer),
    sa.column("name", sa.String),
    sa.column("at", sa.DateTime),
    sa.column("sort", sa.Enum("a", "b", name="sorts")),
    sa.column("untyped"),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": st.one_of(st.none(), st.integers(-5, 10**12))},
        optional={
            "name": st.one_of(st.none(), st.text("ab '\"\\%:?[]\n<limbeck value 0>", max_size=20)),
            "at": st.datetimes(max_value=datetime.datetime(2200, 1, 1)),
            "sort": st.sampled_from("ab"),
            "untyped": st.integers(0, 9),
        },
    ),
    max_size=4,
)


REAL = sa.Table(
    "t",
    sa.MetaData(),
    *(sa.Column(column.name, column.type) for column in TABLE.c),
    sa.Column("made", sa.String, server_default="x"),
    schema="Other",
)


@pytest.mark.parametrize("table", [TABLE, REAL], ids=["table()", "Table"])
@pytest.mark.parametrize("dialect", DIALECTS)
@given(rows=ROWS, literal_binds=st.booleans())
def test_offline_rows_equal_sqlalchemys(
    dialect: str, table: Any, rows: list[dict[str, Any]], literal_binds: bool
) -> None:
    def one_by_one(op: Operations) -> None:
        for row in rows:
            values = {k: op.inline_literal(v, table.c[k].type) for k, v in row.items()}
            op.execute(table.insert().inline().values(**values))

    def written(work: Any) -> str:
        try:
            text = offline(dialect, work, literal_binds=literal_binds)
        except sa.exc.CompileError:
            return "cannot be written"
        if dialect == "mssql":  # the rows are between statements that allow values for identities
            text = re.sub(r"SET IDENTITY_INSERT \S+ (ON|OFF);\n\nGO\n\n", "", text)
        return text

    assert written(lambda op: op.bulk_insert(table, rows)) == written(one_by_one)


class _Shouted(sa.types.TypeDecorator[str]):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else value.upper()


class _Wrapped(sa.types.UserDefinedType[str]):
    cache_ok = True

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.func.upper(bindvalue)


def test_custom_types_process_their_values(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    op.execute("CREATE TABLE t (a TEXT, b TEXT)")
    for type_ in (_Shouted(), _Wrapped()):
        op.bulk_insert(sa.table("t", sa.column("a", type_)), [{"a": "low"}])
    assert connection.exec_driver_sql("SELECT a FROM t").scalars().all() == ["LOW", "LOW"]


def test_compiler_extension_for_insert_gets_each_row() -> None:
    try:

        @compiles(Insert)
        def rule(element: Any, compiler: Any, **kw: Any) -> str:
            written: str = compiler.visit_insert(element, **kw)
            return f"{written} /* by rule */"

        rows = [{"id": 1}, {"id": 2}]
        assert offline("sqlite", lambda op: op.bulk_insert(TABLE, rows)).count("by rule") == 2
    finally:
        deregister(Insert)


def test_unknown_column_in_second_row_keeps_the_first() -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="sqlite", opts={"as_sql": True, "output_buffer": written}
    )
    with pytest.raises(KeyError, match="nope"):
        Operations(context).bulk_insert(TABLE, [{"id": 1}, {"nope": 2}])
    assert "VALUES (1)" in written.getvalue()


# -- what the compiler adds to rows

DEFAULTS: dict[str, tuple[Any, Any]] = {
    "value": (5, 5),
    "callable": (lambda: 6, 6),
    "callable of the context": (lambda context: 7, 7),
    "function": (sa.func.abs(-8), 8),
    "expression": (sa.text("4 + 5"), 9),
    "literal": (sa.literal(3), 3),
}
CREATE_TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)"


def tables_with(default: Any) -> dict[str, Any]:
    """Return a `table()` and a `Table` whose column `b` has a default."""

    def columns() -> list[sa.Column[Any]]:
        return [sa.Column("a", sa.Integer), sa.Column("b", sa.Integer, default=default)]

    key = sa.Column("id", sa.Integer, primary_key=True)
    return {
        "table()": sa.table("t", *columns()),
        "Table": sa.Table("t", sa.MetaData(), key, *columns()),
    }


@pytest.mark.parametrize("multiinsert", [True, False])
@pytest.mark.parametrize("default", DEFAULTS)
@pytest.mark.parametrize("kind", ["table()", "Table"])
def test_default_fills_missing_values(
    connection: Connection, kind: str, default: str, multiinsert: bool
) -> None:
    default_value, stored = DEFAULTS[default]
    connection.exec_driver_sql(CREATE_TABLE)
    op = Operations(MigrationContext.configure(connection))
    rows = [{"a": 1}, {"a": 2}]
    op.bulk_insert(tables_with(default_value)[kind], rows, multiinsert=multiinsert)
    assert list(connection.exec_driver_sql("SELECT a, b FROM t")) == [(1, stored), (2, stored)]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", ["table()", "Table"])
def test_sql_default_is_rendered_offline(dialect: str, kind: str) -> None:
    table = tables_with(sa.func.some_number())[kind]
    written = offline(dialect, lambda op: op.bulk_insert(table, [{"a": 1}]))
    assert "INSERT INTO t (a, b) VALUES (1, some_number())" in written


@pytest.mark.parametrize("dialect", ["postgresql", "oracle"])
@pytest.mark.parametrize("kind", ["table()", "Table"])
def test_sequence_is_rendered_offline(dialect: str, kind: str) -> None:
    table = tables_with(sa.Sequence("numbers"))[kind]
    written = offline(dialect, lambda op: op.bulk_insert(table, [{"a": 1}]))
    assert "INSERT INTO t (a, b) VALUES (1, n" in written


@pytest.mark.parametrize("dialect", DIALECTS)
def test_insert_into_a_created_table_has_no_returning(dialect: str) -> None:
    def work(op: Operations) -> None:
        key = sa.Column("id", sa.Integer, primary_key=True)
        op.bulk_insert(op.create_table("t", key, sa.Column("a", sa.Integer)), [{"a": 1}, {"a": 2}])

    inserts = re.findall(r"INSERT INTO .*?\(\d\).*", offline(dialect, work))
    end = "" if dialect == "oracle" else ";"
    assert inserts == [f"INSERT INTO t (a) VALUES ({number}){end}" for number in (1, 2)]


def table_with_key(**options: Any) -> Any:
    """Return a `table()` with a column that is the primary key."""
    key = sa.Column("id", sa.Integer, primary_key=True, **options)
    return sa.table("t", key, sa.column("a", sa.Integer))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_missing_key_warns_offline(dialect: str) -> None:
    with pytest.warns(sa.exc.SAWarning, match="'t.id' is marked as a member of the primary key"):
        assert "(a) VALUES (1)" in offline(
            dialect, lambda op: op.bulk_insert(table_with_key(), [{"a": 1}])
        )


def test_missing_key_warns(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    op.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)")
    with pytest.warns(sa.exc.SAWarning, match="'t.id' is marked as a member of the primary key"):
        op.bulk_insert(table_with_key(), [{"a": 1}])


@pytest.mark.parametrize("options", [{"nullable": True}, {"server_default": "5"}])
def test_optional_key_does_not_warn(options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        offline(
            "sqlite",
            lambda op: op.bulk_insert(table_with_key(**options), [{"a": 1}, {"id": 2, "a": 1}]),
        )


def test_invalid_value_is_refused_by_its_type(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE t (at TEXT)")
    table = sa.table("t", sa.column("at", sa.DateTime))
    with pytest.raises(sa.exc.StatementError, match="only accepts Python datetime"):
        Operations(MigrationContext.configure(connection)).bulk_insert(table, [{"at": "now"}])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_literal_for_an_unknown_column_is_refused(dialect: str) -> None:
    table = sa.table("t", sa.column("a", sa.Integer))
    with pytest.raises(sa.exc.CompileError, match="nope"):
        offline(
            dialect,
            lambda op: op.bulk_insert(
                table, [{"a": 1, "nope": op.inline_literal(1, sa.Integer())}]
            ),
        )


# -- types


class _Decorated(sa.types.TypeDecorator[bool]):
    impl = sa.Boolean(create_constraint=True, name="ck_decorated")
    cache_ok = True


TYPES: dict[str, Any] = {
    "class": sa.BigInteger,
    "instance": sa.String(5),
    "boolean": sa.Boolean(create_constraint=True, name="ck_boolean"),
    "enum": sa.Enum("a", "b", native_enum=False, create_constraint=True, name="ck_enum"),
    "variant": sa.Integer().with_variant(
        sa.Boolean(create_constraint=True, name="ck_variant"), "postgresql", "oracle"
    ),
    "decorator": _Decorated(),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("new", TYPES)
@pytest.mark.parametrize("old", TYPES)
def test_constraints_of_types_are_the_same_without_short_cuts(
    dialect: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alter(op: Operations) -> None:
        op.alter_column(
            "t", "a", type_=TYPES[new], existing_type=TYPES[old], existing_nullable=True
        )

    def written() -> str:
        try:
            return offline(dialect, alter)
        except NotImplementedError as refused:  # SQLite adds no constraints
            return str(refused)

    with_or_without = written()
    monkeypatch.setattr(short_cuts, "enabled", False)
    assert with_or_without == written()
