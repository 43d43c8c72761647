"""The comparison hooks of the dialects: results equal to those of Alembic, and the number of statements."""

from __future__ import annotations

import logging
import re
from ast import literal_eval
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from limbeck.ddl import _compare_postgresql as compare
from limbeck.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from support.programs import Program

SCRIPT = Path(__file__).with_name("compare_script.py")


def test_results_equal_alembics(limbeck: Program, reference: Program, tmp_path: Path) -> None:
    theirs = reference.python(tmp_path, str(SCRIPT))
    ours = limbeck.python(tmp_path, str(SCRIPT))
    assert theirs.returncode == 0, theirs.stderr
    assert ours.returncode == 0, ours.stderr
    assert theirs.stdout.count("\n") > 20_000
    for our_line, their_line in zip(
        ours.stdout.splitlines(), theirs.stdout.splitlines(), strict=True
    ):
        if our_line != their_line:
            assert is_found_equal_by_limbeck_only(our_line, their_line), (our_line, their_line)


#: Texts that a server writes for one another, in lower case. Alembic reports them in each comparison.
_SAME = (
    {"", "''"},
    {"5", "'5'", "5.0"},
    {"now()", "current_timestamp", "current_timestamp()"},
    {"", "none", "null"},
)


def is_found_equal_by_limbeck_only(our_line: str, their_line: str) -> bool:
    """Return whether a line is about two defaults that mean the same, and only Alembic finds a difference."""
    line, equal, _ = our_line.rpartition(" False []")
    words = line.split(" ", 3)
    if not equal or words[1] != "default" or their_line != f"{line} True []":
        return False
    texts = {_simplified(str(text)) for text in literal_eval(words[3])}
    return len(texts) == 1 or any(texts <= same for same in _SAME)


def _simplified(text: str) -> str:
    """Return a default without outer parentheses, and without blanks and upper case outside of quotes."""
    if "'" not in text and '"' not in text:
        text = "".join(text.lower().split())
    text = text.replace("current_timestamp()", "current_timestamp")
    while re.fullmatch(r"\((?:[^()]|\(\))*\)|\(\(.*\)\)", text):
        text = text[1:-1]
    return text


#: The type of a column, its default in the database, its default in the model, and whether these differ.
POSTGRESQL_DEFAULTS: list[tuple[Any, Any, Any, bool]] = [
    (sa.String(8), "hi", "hi", False),
    (sa.String(8), "hi", "ho", True),
    (sa.String(20), "it's", "it's", False),
    (sa.String(20), "", "", False),
    (sa.Integer(), "5", "5", False),
    (sa.Integer(), "5", sa.text("5"), False),
    (sa.Integer(), sa.text("5"), "7", True),
    (sa.Numeric(8, 2), "5", "5.0", False),
    (sa.Float(), "5.2", sa.text("5.2"), False),
    (sa.Boolean(), sa.true(), sa.true(), False),
    (sa.Boolean(), sa.true(), sa.false(), True),
    (sa.DateTime(), sa.func.now(), sa.func.now(), False),
    (postgresql.JSON(), sa.text("'{}'"), sa.text("'{}'"), False),
    (postgresql.JSON(), sa.text("'{}'"), sa.text("'[]'"), True),
    (postgresql.JSONB(), sa.text("'{}'::jsonb"), sa.text("'{}'"), False),
    (sa.Enum("a", "b", name="letters"), "a", "a", False),
    (sa.Uuid(), sa.text("gen_random_uuid()"), sa.text("gen_random_uuid()"), False),
]


@pytest.mark.parametrize("type_, present, wanted, differs", POSTGRESQL_DEFAULTS)
def test_usual_defaults_are_compared_without_a_statement(
    postgresql_url: str, type_: Any, present: Any, wanted: Any, differs: bool
) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        sa.Table("t", sa.MetaData(), sa.Column("x", type_, server_default=present)).create(
            connection
        )
        reflected = sa.inspect(connection).get_columns("t")[0]
        model = sa.Table("t", sa.MetaData(), sa.Column("x", type_, server_default=wanted))
        rendered = f"'{wanted}'" if isinstance(wanted, str) else str(wanted.compile(engine))
        impl = MigrationContext.configure(connection).impl
        statements: list[str] = []
        sa.event.listen(
            connection, "before_cursor_execute", lambda *args: statements.append(args[2])
        )
        found = impl.compare_server_default(
            sa.Column("x", reflected["type"]), model.c.x, rendered, reflected["default"]
        )
        assert (found, statements) == (differs, [])
    engine.dispose()


def test_server_evaluates_defaults_in_one_statement(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        model = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Interval, server_default="2 weeks"))
        impl = MigrationContext.configure(connection).impl
        statements: list[str] = []
        sa.event.listen(
            connection, "before_cursor_execute", lambda *args: statements.append(args[2])
        )
        for _ in range(3):
            assert not impl.compare_server_default(
                sa.Column("x", sa.Interval), model.c.x, "'2 weeks'", "'14 days'::interval"
            )
        # A savepoint keeps the transaction usable if a default cannot be evaluated.
        assert len([text for text in statements if text.startswith("SELECT")]) == 1
    engine.dispose()


def test_serials_are_found_by_one_statement(
    postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        metadata = sa.MetaData()
        for number in range(5):
            sa.Table(f"t {number}", metadata, sa.Column("the id", sa.Integer, primary_key=True))
        sequence = sa.Sequence("own", metadata=metadata)
        sa.Table(
            "plain", metadata, sa.Column("x", sa.Integer, server_default=sequence.next_value())
        )
        metadata.create_all(connection)
        impl = MigrationContext.configure(connection).impl
        inspector = sa.inspect(connection)
        columns = {
            name: inspector.get_columns(name) for name in sorted(inspector.get_table_names())
        }
        statements: list[str] = []
        sa.event.listen(
            connection, "before_cursor_execute", lambda *args: statements.append(args[2])
        )
        with caplog.at_level(logging.INFO, "alembic.ddl.postgresql"):
            for name, infos in columns.items():
                for info in infos:
                    table = sa.Table(name, sa.MetaData())
                    impl.autogen_column_reflect(inspector, table, cast(dict[str, Any], info))
        assert len(statements) == 1
        assert [len([i for i in infos if "default" in i]) for infos in columns.values()] == [
            1,
            *[0] * 5,
        ]
        assert caplog.messages[0] == (
            "Detected sequence named 't 0_the id_seq' as owned by integer column "
            "'t 0(the id)', assuming SERIAL and omitting"
        )
    engine.dispose()


def test_default_of_serial_is_omitted_from_the_reflection(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        for statement in (
            "CREATE TABLE parent (id serial, small smallserial, other integer)",
            "CREATE TABLE child (extra text) INHERITS (parent)",
            "CREATE TABLE plain (x integer DEFAULT nextval('parent_id_seq'))",
        ):
            connection.execute(sa.text(statement))
        impl = MigrationContext.configure(connection).impl
        inspector = sa.inspect(connection)
        with_default = set()
        for name in inspector.get_table_names():
            for info in inspector.get_columns(name):
                table = sa.Table(name, sa.MetaData())
                impl.autogen_column_reflect(inspector, table, cast(dict[str, Any], info))
                if info.get("default"):
                    with_default.add((name, info["name"]))
        assert with_default == {("parent", "small"), ("child", "small"), ("plain", "x")}
    engine.dispose()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("'it''s'::character varying", ("it's", True, "character varying")),
        ("'5.00'::numeric(10,2)", ("5.00", True, "numeric")),
        ("'a::b'", ("a::b", True, None)),
        ("5", ("5", False, None)),
        ("true", ("true", False, None)),
        ("now()", None),
        ("'a' || 'b'", None),
        ("('a'::text || 'b'::text)", None),
    ],
)
def test_constant_of_a_default_is_parsed(text: str, expected: Any) -> None:
    found = compare.parse_constant(text)
    assert (None if found is None else tuple(found)) == expected


@pytest.mark.parametrize(
    "wanted, present, equal",
    [
        ("'a'", "'a'::citext", True),
        ("'A'", "'a'::citext", None),
        ("'a'", "'a    '::bpchar", None),
        ("'5'", "'5.0'::real", None),
        ("'5'", "'5.0'::numeric", True),
        ("'6'", "'5.0'::numeric", False),
        ("'5'", "5", True),
        ("'x'", "5", None),
        ("true", "false", False),
        ("'t'", "true", None),
    ],
)
def test_comparison_of_constants_is_none_if_uncertain(
    wanted: str, present: str, equal: bool | None
) -> None:
    ours, theirs = compare.parse_constant(wanted), compare.parse_constant(present)
    assert ours is not None and theirs is not None
    assert compare.constants_equal(ours, theirs) is equal
