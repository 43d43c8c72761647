"""A plan has exactly the statements of the run, in its transactions."""

from pathlib import Path

import limbeck
import pytest
from alembic import command
from rendered_plan.rendering import shuffled_bodies

from .planning import ENV_PER_MIGRATION, only, saved, statements, upgrade_recorded, write


@pytest.mark.parametrize("seed", range(3))  # tests/random has more
@pytest.mark.parametrize("from_file", [False, True])
def test_plan_has_the_statements_of_the_run(
    database_url: str, tmp_path: Path, seed: int, from_file: bool
) -> None:
    bodies = ["pass", *shuffled_bodies(seed), "op.execute('SELECT 2')"]
    config = write(tmp_path, database_url, bodies)
    command.upgrade(config, "r0001")
    plan = only(limbeck.plan(config))
    options = {"plan": saved(config, tmp_path)} if from_file else {}
    executed = upgrade_recorded(config, **options)
    assert len(plan.steps) == len(bodies) - 1
    assert [e[:2] for e in executed] == [s[:2] for s in statements(plan)]


@pytest.mark.parametrize("per_migration", [False, True])
def test_transactions_are_those_of_the_server(
    database_url: str, tmp_path: Path, per_migration: bool
) -> None:
    body = (
        "op.create_table('t{n}', sa.Column('id', sa.Integer))\n"
        "op.execute('INSERT INTO t{n} VALUES (1)')\n"
        "op.add_column('t{n}', sa.Column('a', sa.Integer))\n"
        "op.execute('UPDATE t{n} SET a = 2')\n"
        "with op.get_context().autocommit_block():\n"
        "    op.execute('UPDATE t{n} SET a = 3')\n"
        "op.execute('DELETE FROM t{n} WHERE id = 4')"
    )
    extra = {"env": ENV_PER_MIGRATION} if per_migration else {}
    bodies = ["pass", *(body.replace("{n}", str(n)) for n in range(2))]
    config = write(tmp_path, database_url, bodies, **extra)
    command.upgrade(config, "r0001")
    plan = only(limbeck.plan(config))
    assert upgrade_recorded(config) == statements(plan)


def test_numbers_of_transactions(
    postgresql_url: str, mariadb_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    """SQLite's driver begins with the first row that is written; MariaDB commits at each DDL statement."""
    body = (
        "op.create_table('t', sa.Column('id', sa.Integer))\n"
        "op.execute('INSERT INTO t VALUES (1)')\n"
        "op.add_column('t', sa.Column('a', sa.Integer))\n"
        "op.execute('UPDATE t SET a = 2')"
    )
    found = {}
    for url in (postgresql_url, mariadb_url, sqlite_url):
        config = write(tmp_path / url.partition(":")[0], url, [body])
        (step,) = only(limbeck.plan(config)).steps
        numbers = [s.transaction for s in (*step.statements, *step.version_statements)]
        found[url.partition("+")[0].partition(":")[0]] = numbers
    assert found == {
        "postgresql": [1, 1, 1, 1, 1],
        "mysql": [None, 1, None, 2, 2],
        "sqlite": [None, 1, 1, 1, 1],
    }


def test_whole_revisions_on_sqlite_are_one_transaction_each(
    sqlite_url: str, tmp_path: Path
) -> None:
    body = "op.create_table('t{n}', sa.Column('id', sa.Integer))"
    bodies = [body.replace("{n}", str(n)) for n in range(2)]
    config = write(tmp_path, sqlite_url, bodies, sqlite_transactional_ddl="true")
    plan = only(limbeck.plan(config))
    assert [[s.transaction for s in step.statements] for step in plan.steps] == [[1], [2]]
    assert [[s.transaction for s in step.version_statements] for step in plan.steps] == [[1], [2]]
