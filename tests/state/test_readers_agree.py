"""The native reader and SQLAlchemy read the same rows, in many states of a database."""

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limbeck.state.readers import Reader
from limbeck.state.source import Source
from limbeck.state.sqlalchemy_readers import through_sqlalchemy

_ROW = st.text(st.sampled_from("abcdef0123456789éß_-'\" "), min_size=1, max_size=12).map(str.strip)
_STATES = st.one_of(st.none(), st.sets(_ROW.filter(bool).map(str.lower), max_size=6))
_NAMES = st.sampled_from(["alembic_version", "Mixed Case", "order", "a_b"])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_STATES, _NAMES)
def test_native_reader_equals_sqlalchemy(
    database_url: str, rows: set[str] | None, name: str
) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    column = sa.Column("version_num", sa.String(32), nullable=False)
    table = sa.Table(name, sa.MetaData(), column)
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        if rows is not None:
            table.create(connection)
            for row in rows:
                connection.execute(table.insert().values(version_num=row))
    source = Source(database_url, name, None, "--url")
    native = Reader(None, None, source).read()  # type: ignore[arg-type] # a URL needs neither
    assert native.route in ("native", "sqlite3")
    assert native.rows == through_sqlalchemy(source, None).rows == tuple(sorted(rows or ()))
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
