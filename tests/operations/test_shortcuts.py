"""What limbeck does in fewer steps than SQLAlchemy's own comes out the same, and steps aside where it would be seen."""

import datetime
import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles, deregister
from sqlalchemy.sql.dml import Insert

DIALECTS = ("sqlite", "postgresql", "mysql", "mssql", "oracle")


def offline(dialect: str, work: Any, **opts: Any) -> str:
    """What offline mode writes for some operations."""
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
def test_text_is_written_as_sqlalchemy_compiles_it(dialect: str, statement: str) -> None:
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


def test_a_listener_gets_the_construct(connection: Connection) -> None:
    seen: list[Any] = []

    @event.listens_for(connection, "before_execute")
    def note(conn: Any, construct: Any, *rest: Any) -> None:
        seen.append(construct)

    Operations(MigrationContext.configure(connection)).execute("CREATE TABLE t (id INTEGER)")
    assert [type(construct) for construct in seen] == [sa.sql.elements.TextClause]


def test_the_log_is_that_of_text(caplog: pytest.LogCaptureFixture) -> None:
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


@pytest.mark.parametrize("dialect", DIALECTS)
@given(rows=ROWS, literal_binds=st.booleans())
def test_rows_are_written_as_one_by_one(
    dialect: str, rows: list[dict[str, Any]], literal_binds: bool
) -> None:
    def written(*batches: list[dict[str, Any]]) -> str:
        def work(op: Operations) -> None:
            for batch in batches:
                op.bulk_insert(TABLE, batch)

        try:
            text = offline(dialect, work, literal_binds=literal_binds)
        except sa.exc.CompileError:
            return "cannot be written"
        return "\n".join(line for line in text.splitlines() if "IDENTITY_INSERT" not in line)

    together = written(rows).replace("GO\n\n", "").replace("GO", "").split()
    alone = written(*([row] for row in rows)).replace("GO\n\n", "").replace("GO", "").split()
    assert together == alone


def test_a_rule_for_insert_sees_each_row() -> None:
    try:

        @compiles(Insert)
        def rule(element: Any, compiler: Any, **kw: Any) -> str:
            written: str = compiler.visit_insert(element, **kw)
            return f"{written} /* by rule */"

        rows = [{"id": 1}, {"id": 2}]
        assert offline("sqlite", lambda op: op.bulk_insert(TABLE, rows)).count("by rule") == 2
    finally:
        deregister(Insert)


def test_an_unknown_column_in_a_later_row_leaves_the_first_written() -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="sqlite", opts={"as_sql": True, "output_buffer": written}
    )
    with pytest.raises(KeyError, match="nope"):
        Operations(context).bulk_insert(TABLE, [{"id": 1}, {"nope": 2}])
    assert "VALUES (1)" in written.getvalue()
