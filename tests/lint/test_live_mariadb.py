"""What MariaDB does with the examples: half-applied revisions, copies of tables, and errors."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from limbeck.lint.rule import Rule
from support.statements import recorded_statements

from .linting import RULES, check_body, names, write
from .test_live_postgresql import prepare

_COPY = ("mysql-copies-table", "mysql-character-set", "mysql-enum-reordered")


@pytest.fixture
def engine(mariadb_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def rule_named(name: str) -> Rule:
    (rule,) = (rule for rule in RULES if rule.name == name)
    return rule


def copies(engine: sa.Engine, statement: str) -> bool:
    """Return whether the server refuses to execute a statement while other sessions write.

    It says so if the statement asks for `LOCK=NONE`. A statement that it accepts is executed.
    """
    with engine.begin() as connection:
        try:
            connection.exec_driver_sql(f"{statement.strip().rstrip(';')}, LOCK=NONE")
        except sa.exc.DBAPIError as error:
            assert error.orig is not None
            # ER_ALTER_OPERATION_NOT_SUPPORTED, and the same with a reason.
            assert error.orig.args[0] in (1845, 1846), error
            return True
    return False


def statements(tmp_path: Path, rule: Rule, body: str) -> list[str]:
    """Return the statements of a body on MariaDB."""
    report = check_body(tmp_path, body, rule.example.before, "mysql", select=(rule.name,))
    return [finding.statement for finding in report.findings]


@pytest.mark.parametrize("name", _COPY)
def test_wrong_example_blocks_writes(name: str, tmp_path: Path, engine: sa.Engine) -> None:
    rule = rule_named(name)
    prepare(engine, rule.example.before)
    if name == "mysql-character-set":
        prepare(engine, 'op.execute("ALTER TABLE account CONVERT TO CHARACTER SET latin1")')
    (statement,) = statements(tmp_path / "p", rule, rule.example.wrong)
    assert copies(engine, statement)


@pytest.mark.parametrize("name", _COPY)
def test_right_example_does_not_block_writes(name: str, engine: sa.Engine) -> None:
    rule = rule_named(name)
    prepare(engine, rule.example.before)
    with recorded_statements(engine) as executed:
        prepare(engine, rule.example.right)
    (statement,) = [text for text in executed if text.startswith("ALTER")]
    prepare(engine, 'op.drop_table("account")')
    prepare(engine, rule.example.before)
    assert not copies(engine, statement)


#: Old type and new type.
_TYPES = (
    ("VARCHAR(20)", "VARCHAR(40)"),
    ("VARCHAR(40)", "VARCHAR(20)"),
    ("VARCHAR(50)", "VARCHAR(100)"),
    ("VARCHAR(100)", "VARCHAR(200)"),
    ("INTEGER", "BIGINT"),
    ("BIGINT", "INTEGER"),
    ("INTEGER", "INT(11)"),
    ("VARCHAR(20)", "TEXT"),
    ("TEXT", "VARCHAR(20)"),
    ("DATETIME", "DATE"),
    ("NUMERIC(8, 2)", "NUMERIC(10, 2)"),
    ("FLOAT", "DOUBLE"),
    ("BOOL", "TINYINT(1)"),
    ("TEXT", "MEDIUMTEXT"),
)


@pytest.mark.parametrize(("before", "after"), _TYPES)
def test_type_change_copies_where_the_rule_says_so(
    before: str, after: str, tmp_path: Path, engine: sa.Engine
) -> None:
    made = (
        f'op.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, a {before}) CHARSET utf8mb4")'
    )
    statement = f"ALTER TABLE account MODIFY a {after} NULL"
    report = check_body(tmp_path / "p", f'op.execute("{statement}")', made, "mysql")
    prepare(engine, made)
    assert names(report) == (["mysql-copies-table"] if copies(engine, statement) else [])


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE account ADD COLUMN c INTEGER",
        "ALTER TABLE account ADD COLUMN c INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE account ADD COLUMN c INTEGER AS (a + 1) STORED",
        "ALTER TABLE account ADD COLUMN c INTEGER AS (a + 1) VIRTUAL",
        "ALTER TABLE account DROP COLUMN a",
        "ALTER TABLE account DROP PRIMARY KEY",
        "ALTER TABLE account DROP PRIMARY KEY, ADD PRIMARY KEY (a)",
        "ALTER TABLE account ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES shop (id)",
        "ALTER TABLE account ADD INDEX ix (a)",
        "ALTER TABLE account ADD CONSTRAINT uq UNIQUE (a)",
        "ALTER TABLE account CHANGE a b INTEGER NOT NULL",
        "ALTER TABLE account ALTER COLUMN a SET DEFAULT 1",
    ],
)
def test_change_copies_where_the_rule_says_so(
    statement: str, tmp_path: Path, engine: sa.Engine
) -> None:
    made = (
        'op.execute("CREATE TABLE shop (id INTEGER PRIMARY KEY)")\n'
        'op.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, a INTEGER NOT NULL)")'
    )
    body = f'op.execute("{statement}")'
    report = check_body(tmp_path / "p", body, made, "mysql", select=("mysql-copies-table",))
    prepare(engine, made)
    assert bool(names(report)) == copies(engine, statement)


def test_revision_with_several_statements_stops_half_way(
    tmp_path: Path, mariadb_url: str, engine: sa.Engine
) -> None:
    rule = rule_named("mysql-several-ddl")
    config = write(tmp_path / "wrong", mariadb_url, rule.example.before, rule.example.wrong)
    command.upgrade(config, "r0001")
    # A long query would do the same; a column that exists makes the second statement fail at once.
    prepare(engine, 'op.execute("ALTER TABLE account ADD COLUMN age INTEGER")')
    with pytest.raises(sa.exc.DBAPIError):
        command.upgrade(config, "head")
    assert columns(engine) == {"id", "email", "age", "name"}
    assert version(engine) == "r0001"


def test_revision_with_one_statement_is_applied_as_a_whole(
    tmp_path: Path, mariadb_url: str, engine: sa.Engine
) -> None:
    rule = rule_named("mysql-several-ddl")
    config = write(tmp_path / "right", mariadb_url, rule.example.before, rule.example.right)
    command.upgrade(config, "r0001")
    prepare(engine, 'op.execute("ALTER TABLE account ADD COLUMN age INTEGER")')
    with pytest.raises(sa.exc.DBAPIError):
        command.upgrade(config, "head")
    assert columns(engine) == {"id", "email", "age"}
    prepare(engine, 'op.execute("ALTER TABLE account DROP COLUMN age")')
    command.upgrade(config, "head")
    assert (columns(engine), version(engine)) == ({"id", "email", "age", "name"}, "r0002")


def columns(engine: sa.Engine) -> set[str]:
    return {column["name"] for column in sa.inspect(engine).get_columns("account")}


def version(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT * FROM alembic_version").scalar_one())


def test_index_of_a_foreign_key_cannot_be_dropped(engine: sa.Engine) -> None:
    rule = rule_named("mysql-drop-index-of-foreign-key")
    prepare(engine, rule.example.before)
    with pytest.raises(sa.exc.DBAPIError, match="1553"):
        prepare(engine, rule.example.wrong)
    prepare(engine, rule.example.right)
