"""What a plan says about a database, which it only reads."""

import os
from dataclasses import replace
from pathlib import Path

import limbeck
import pytest
import sqlalchemy as sa
from alembic import command
from limbeck.saved_plan.differences import differences
from limbeck.saved_plan.file import as_json, read_plan
from limbeck.saved_plan.identity import identify
from limbeck.saved_plan.types import Database, DatabasePlan
from limbeck.util.exc import CommandError
from support.compare import describe
from support.servers import Server

from .planning import file_of, only, unchanged, write

_ACCOUNT = "op.create_table('account', sa.Column('id', sa.Integer, primary_key=True), sa.Column('email', sa.String(50)))"
_READ_ONLY = {
    "postgresql": "options=-c%20default_transaction_read_only%3Don",
    "mysql": "init_command=SET%20SESSION%20TRANSACTION%20READ%20ONLY",
}


def test_nothing_is_created(database_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, database_url, [_ACCOUNT])
    with unchanged(lambda: describe(database_url)):
        plan = only(limbeck.plan(config))
    assert plan.creates_version_table
    assert plan.rows == ()
    assert [step.revision for step in plan.steps] == ["r0001"]


def test_session_may_be_read_only(database_url: str, tmp_path: Path) -> None:
    """The database itself refuses what is not a read."""
    config = write(tmp_path / "p", database_url, [_ACCOUNT, "op.drop_column('account', 'email')"])
    command.upgrade(config, "r0001")
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        address = f"sqlite:///file:{url.database}?mode=ro&uri=true"
    else:
        address = f"{database_url}?{_READ_ONLY[url.get_backend_name()]}"
    config.set_main_option("sqlalchemy.url", address.replace("%", "%%"))
    with pytest.raises(sa.exc.DBAPIError):
        command.upgrade(config, "heads")
    plan = only(limbeck.plan(config))
    assert [loss.what for loss in plan.losses] == ["drops email of account"]


def test_file_has_the_whole_plan(database_url: str, tmp_path: Path) -> None:
    bodies = [_ACCOUNT, "op.bulk_insert(sa.table('account', sa.column('email')), [{'email': 'a'}])",
        "op.get_bind().scalar(sa.text('SELECT 1'))\nop.drop_table('account')"]  # fmt: skip
    config = write(tmp_path, database_url, bodies)
    made = limbeck.plan(config, output=str(tmp_path / "plan.json"))
    assert read_plan(str(tmp_path / "plan.json")) == made
    password = sa.make_url(database_url).password
    assert not password or password not in as_json(made)


def test_rows_are_estimated_by_the_catalog(database_url: str, tmp_path: Path) -> None:
    bodies = [_ACCOUNT, "op.drop_column('account', 'email')\nop.create_table('new', sa.Column('id', sa.Integer))"]  # fmt: skip
    config = write(tmp_path, database_url, bodies)
    command.upgrade(config, "r0001")
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        rows = [{"id": number} for number in range(1, 1001)]
        connection.execute(sa.text("INSERT INTO account (id) VALUES (:id)"), rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(
            "ANALYZE TABLE account" if engine.name == "mysql" else "ANALYZE account"
        ).close()
    engine.dispose()
    ((table, number),) = only(limbeck.plan(config)).tables
    assert table == "account"
    assert number is not None
    assert 900 <= number <= 1100


def test_table_without_statistics_has_no_estimate(postgresql_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, postgresql_url, [_ACCOUNT, "op.drop_table('account')"])
    command.upgrade(config, "r0001")
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO account (id) VALUES (1)")
    engine.dispose()
    assert only(limbeck.plan(config)).tables == (("account", None),)


def test_table_without_rowid_has_no_estimate(sqlite_url: str, tmp_path: Path) -> None:
    made = "op.execute('CREATE TABLE account (id INTEGER PRIMARY KEY) WITHOUT ROWID')"
    config = write(tmp_path, sqlite_url, [made, "op.drop_table('account')"])
    command.upgrade(config, "r0001")
    assert only(limbeck.plan(config)).tables == (("account", None),)


def test_findings_are_those_of_the_steps(postgresql_url: str, tmp_path: Path) -> None:
    index = "op.create_index('ix{n}', 'account', ['email'])"
    bodies = [_ACCOUNT, index.replace("{n}", "1"), index.replace("{n}", "2")]
    config = write(tmp_path, postgresql_url, bodies)
    command.upgrade(config, "r0002")
    plan = only(limbeck.plan(config))
    rules = [(finding.rule, finding.revision) for finding in plan.findings]
    assert ("pg-index-without-concurrently", "r0003") in rules
    assert {revision for _, revision in rules} == {"r0003"}
    assert only(limbeck.plan(config, lint=False)).findings == ()


def test_downgrade_is_planned_from_where_the_database_stands(
    database_url: str, tmp_path: Path
) -> None:
    config = write(tmp_path, database_url, [_ACCOUNT, "pass"])
    file_of(tmp_path, 1).write_text(
        file_of(tmp_path, 1).read_text().replace("    pass\n", "    op.drop_table('account')\n")
    )
    command.upgrade(config, "heads")
    plan = only(limbeck.plan(config, "base", downgrade=True))
    assert [step.revision for step in plan.steps] == ["r0002", "r0001"]
    assert [loss.what for loss in plan.losses] == ["drops the table account"]


def test_statement_that_differs_each_time_is_marked(sqlite_url: str, tmp_path: Path) -> None:
    body = (
        "import uuid\n"
        f"{_ACCOUNT}\n"
        "op.bulk_insert(sa.table('account', sa.column('email')), [{'email': str(uuid.uuid4())}])\n"
        "op.execute(f\"DELETE FROM account WHERE email = '{uuid.uuid4()}'\")"
    )
    config = write(tmp_path, sqlite_url, [body])
    (step,) = only(limbeck.plan(config)).steps
    assert [statement.varies for statement in step.statements] == [False, True, True]


@pytest.mark.parametrize("is_allowed", [True, False])
def test_server_identifies_itself_to_users_who_may_ask(
    postgresql_server: Server, is_allowed: bool
) -> None:
    with postgresql_server.database() as url:
        owner = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        name = f"plan_{os.getpid()}_{is_allowed}".lower()
        with owner.connect() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
            if is_allowed:
                connection.exec_driver_sql(f"GRANT pg_monitor TO {name}")
        try:
            user = sa.create_engine(sa.make_url(url).set(username=name, password="x"))
            with user.connect() as connection:
                before = identify(connection)
                assert connection.scalar(sa.text("SELECT 1")) == 1
            user.dispose()
            with owner.connect() as connection:
                assert identify(connection).is_same(before) or not before.server
        finally:
            with owner.connect() as connection:
                connection.exec_driver_sql(f"DROP ROLE {name}")
            owner.dispose()
    assert before.address
    assert "x" not in (before.server, before.address)


_DATABASE = Database("postgresql", "shop", "public", "1", "db:5432")


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"address": "10.0.0.1:5432"}, True),
        ({"server": ""}, True),
        ({"server": "", "address": "10.0.0.1:5432"}, False),
        ({"server": "2"}, False),
        ({"name": "other"}, False),
    ],
)
def test_address_counts_unless_both_have_an_identifier(
    changed: dict[str, str], is_same: bool
) -> None:
    other = replace(_DATABASE, **changed)
    assert _DATABASE.is_same(other) is other.is_same(_DATABASE) is is_same


def test_other_server_at_the_same_address_is_named() -> None:
    planned = DatabasePlan(_DATABASE, "alembic_version", (), False, "upgrade", "heads", ())
    now = replace(planned, database=replace(_DATABASE, server="2"))
    (difference,) = differences(planned, now)
    assert difference.endswith("this is another server at that address")


def test_unknown_target_is_an_error(sqlite_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, sqlite_url, ["pass"])
    with pytest.raises(CommandError, match="Can't locate revision identified by 'nowhere'"):
        limbeck.plan(config, "nowhere")


def test_plan_without_migrations_is_an_error(sqlite_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, sqlite_url, ["pass"], env="pass\n")
    with pytest.raises(CommandError, match="runs no migrations"):
        limbeck.plan(config)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 1}', '{"version": 2}', "not json", '{"version": 1, "databases": 3}',
     '{"version": 1, "made_at": "", "env_hash": "", "databases": []}']
)  # fmt: skip
def test_other_file_is_no_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(CommandError, match=r"plan\.json"):
        read_plan(str(path))
    with pytest.raises(CommandError, match="Cannot read the plan"):
        read_plan(str(tmp_path / "absent"))


def test_tables_of_the_plan_have_no_findings(postgresql_url: str, tmp_path: Path) -> None:
    """Nobody uses a table that an earlier step of the plan has made, whatever name it has now."""
    index = "op.create_index('ix{n}', '{t}', ['email'])"
    bodies = [
        _ACCOUNT,
        index.replace("{n}", "1").replace("{t}", "account"),
        "op.rename_table('account', 'person')",
        index.replace("{n}", "2").replace("{t}", "person"),
    ]
    config = write(tmp_path, postgresql_url, bodies)
    rules = [finding.rule for finding in only(limbeck.plan(config)).findings]
    assert not [rule for rule in rules if rule.startswith(("pg-", "rename"))]
    command.upgrade(config, "r0001")
    rules = [finding.rule for finding in only(limbeck.plan(config)).findings]
    assert rules.count("pg-index-without-concurrently") == 2
