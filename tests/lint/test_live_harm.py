"""The harm that the rules for all databases name, and that the right examples do not do it, on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from limbeck.lint.rule import Example
from support.programs import Program

from .linting import RULES, write
from .test_live_postgresql import prepare, run_body

#: What a build that is running while the migration is deployed sends.
_OLD_BUILD = (
    "INSERT INTO account (id, email) VALUES (7, 'old')",
    "SELECT id, email FROM account",
)
_KINDS = pytest.mark.parametrize("kind", ["wrong", "right"])


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def example(name: str) -> Example:
    (rule,) = (rule for rule in RULES if rule.name == name)
    return rule.example


def works(engine: sa.Engine, *statements: str) -> bool:
    """Return whether a session can execute statements, without waiting for others."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '200ms'")
        try:
            for statement in statements:
                connection.exec_driver_sql(statement)
        except sa.exc.DBAPIError:
            return False
        connection.commit()
        return True


@pytest.mark.parametrize("name", ["drop-column", "drop-table", "rename-column", "rename-table"])
def test_running_build_fails(name: str, engine: sa.Engine) -> None:
    prepare(engine, example(name).before)
    assert works(engine, *_OLD_BUILD)
    prepare(engine, example(name).wrong)
    assert not works(engine, *_OLD_BUILD)


@pytest.mark.parametrize("name", ["rename-column", "rename-table"])
def test_running_build_goes_on_with_the_right_example(name: str, engine: sa.Engine) -> None:
    prepare(engine, example(name).before)
    prepare(engine, example(name).right)
    assert works(engine, *_OLD_BUILD)


def test_renamed_table_can_be_brought_back(engine: sa.Engine) -> None:
    """The right example of drop-table keeps the rows for the way back."""
    prepare(engine, example("drop-table").before)
    assert works(engine, *_OLD_BUILD)
    prepare(engine, example("drop-table").right)
    prepare(engine, 'op.rename_table("account_unused", "account")')
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT email FROM account").scalar_one() == "old"


@pytest.mark.parametrize("name", ["update-without-where", "delete-without-where"])
@_KINDS
def test_rows_stay_locked_until_the_commit(name: str, kind: str, engine: sa.Engine) -> None:
    prepare(engine, example(name).before)
    assert works(engine, *(f"INSERT INTO account VALUES ({n}, 'A')" for n in (1, 2)))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction():
            run_body(context, getattr(example(name), kind))
            is_free = works(engine, "UPDATE account SET email = 'B' WHERE id = 2")
    assert is_free == (kind == "right")
    with engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM account").scalar_one()
    assert count == (0 if (name, kind) == ("delete-without-where", "wrong") else 2)


@_KINDS
def test_missing_downgrade_leaves_the_table(
    kind: str, limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """`downgrade` reports success, and the next upgrade fails."""
    write(tmp_path / "p", postgresql_url, getattr(example("missing-downgrade"), kind))
    for arguments in (("upgrade", "head"), ("downgrade", "base")):
        assert limbeck.alembic(tmp_path / "p", *arguments).returncode == 0
    done = limbeck.alembic(tmp_path / "p", "upgrade", "head")
    assert (done.returncode == 0) == (kind == "right")
    assert ("already exists" in done.stdout + done.stderr) == (kind == "wrong")


@_KINDS
def test_imported_model_has_changed(
    kind: str, limbeck: Program, tmp_path: Path, postgresql_url: str, engine: sa.Engine
) -> None:
    """A new database is migrated after the model has got another column."""
    table = 'op.create_table("account", sa.Column("id", sa.Integer, primary_key=True))'
    write(tmp_path / "p", postgresql_url, table, getattr(example("imports-models"), kind))
    models = tmp_path / "p" / "limbeck_example_models.py"
    shutil.copy(Path(__file__).with_name("limbeck_example_models.py"), models)
    env = {"PYTHONPATH": f"{tmp_path / 'p'}:{limbeck.environ.get('PYTHONPATH', '')}"}
    assert limbeck.alembic(tmp_path / "p", "upgrade", "head", env=env).returncode == 0
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE account, alembic_version")
    models.write_text(f"{models.read_text()}    name: Mapped[str] = mapped_column(default='new')\n")
    done = limbeck.alembic(tmp_path / "p", "upgrade", "head", env=env)
    assert (done.returncode == 0) == (kind == "right")
    assert ('column "name" of relation' in done.stdout + done.stderr) == (kind == "wrong")


@pytest.mark.parametrize("name", ["cannot-import", "cannot-render"])
@_KINDS
def test_upgrade_stops_at_the_same_error(
    name: str, kind: str, limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    write(tmp_path / "p", postgresql_url, getattr(example(name), kind))
    done = limbeck.alembic(tmp_path / "p", "upgrade", "head")
    assert (done.returncode == 0) == (kind == "right")
