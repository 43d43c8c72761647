"""Random tables, as one body: it makes them on a fresh database, and nothing is refused."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limbeck.config import Config
from limbeck.script.base import ScriptDirectory
from limbeck.squashing.schema import write_schema
from support import projects

_TYPES = {
    "sqlite": ["INTEGER", "VARCHAR(20)", "TEXT", "NUMERIC(10, 2)", "UUID", "BLOB", "DATETIME", ""],
    "postgresql": [
        *("integer", "bigint", "varchar(20)", "text", "numeric(10, 2)", "uuid", "bytea", "serial"),
        *("timestamptz", "timestamp(3)", "jsonb", "text[]", "int4range", "bit(3)", "mood", "inet"),
        *("double precision", "interval", "tsvector", "money", "smallserial", "char(3)", "xml"),
    ],
}
_DEFAULTS = ["", "", "NULL", "'5'", "(1 + 2)", "CURRENT_TIMESTAMP"]
_NAMES = ["a", "b", "B c", "order", "x%", "tab:le", "Ä", "it's"]


def quoted(name: str) -> str:
    return f'"{name}"'


@st.composite
def tables(draw: st.DrawFn, database: str) -> list[str]:
    """Return statements that make tables with keys, checks and indexes."""
    statements = []
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=4, unique=True))
    for number, name in enumerate(names):
        columns = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=5, unique=True))
        lines = ["id integer PRIMARY KEY"]
        for column in columns:
            type_ = draw(st.sampled_from(_TYPES[database]))
            # On PostgreSQL a default has to be of the type.
            default = draw(st.sampled_from(_DEFAULTS))
            has_default = default and (database == "sqlite" or type_ in ("text", "varchar(20)"))
            null = draw(st.sampled_from(["", " NOT NULL"]))
            value = f" DEFAULT {default}" if has_default else ""
            lines.append(f"{quoted(column)} {type_}{value}{null}")
        parent = draw(st.sampled_from([None, *names[: number + 1]]))
        if parent is not None:
            delete = draw(st.sampled_from(["", " ON DELETE CASCADE"]))
            lines.append(f"parent integer REFERENCES {quoted(parent)} (id){delete}")
        if draw(st.booleans()):
            lines.append(f"CONSTRAINT {quoted(f'u_{name}')} UNIQUE (id)")
        if draw(st.booleans()):
            lines.append(f"CHECK (id IN (1, 2) OR {quoted(columns[0])} IS NOT NULL)")
        statements.append(f"CREATE TABLE {quoted(name)} ({', '.join(lines)})")
        if draw(st.booleans()):
            unique = draw(st.sampled_from(["", "UNIQUE "]))
            order = draw(st.sampled_from(["", " DESC"]))
            where = draw(st.sampled_from(["", " WHERE id > 5"]))
            statements.append(
                f"CREATE {unique}INDEX {quoted(f'i_{name}')} ON {quoted(name)} (id{order}){where}"
            )
    return statements


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_random_tables(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{database}_url")
    folder = tmp_path / "p"

    @settings(
        max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )
    @given(tables(database))
    def check(statements: list[str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        projects.make(folder, url)
        if database == "postgresql":
            statements = ["CREATE TYPE mood AS ENUM ('a', 'b')", *statements]
            statements = [statement.replace("%", "%%") for statement in statements]
        lines = (f"op.get_bind().exec_driver_sql({statement!r})" for statement in statements)
        body = "\n".join(lines)
        projects.chain(folder, 1, {0: body})
        script = ScriptDirectory.from_config(Config(str(folder / "alembic.ini")))
        # It is run on another database, and compared there.
        write_schema(Config(str(folder / "alembic.ini")), script, list(script.walk_revisions()))

    check()
