"""Projects whose plans are made, saved and run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import limbeck
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from limbeck.execution.options import given_options
from limbeck.runtime._run_hooks import BETWEEN_STEPS
from limbeck.saved_plan.types import DatabasePlan, Plan
from limbeck.saved_plan.values import as_json_value
from support import projects

ENV_PER_MIGRATION = projects.GENERIC.replace(
    "context.configure(", "context.configure(transaction_per_migration=True, "
)


def write(
    folder: Path, url: str, bodies: Sequence[str], *, env: str = projects.GENERIC, **settings: str
) -> Config:
    """Write a project with the revisions r0001, r0002, ..., and return its configuration."""
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    projects.make(folder, url, env=env, settings=f"[limbeck]\n{lines}" if lines else "")
    projects.chain(folder, len(bodies), dict(enumerate(bodies)))
    return Config(str(folder / "alembic.ini"))


def file_of(folder: Path, number: int) -> Path:
    """Return a revision file."""
    return folder / "migrations" / "versions" / f"r{number:04}.py"


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that the file has."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def only(plan: Plan) -> DatabasePlan:
    """Return the only database of a plan."""
    (found,) = plan.databases
    return found


def saved(config: Config, folder: Path, target: str = "heads", **options: Any) -> str:
    """Make a plan, and return the path of its file."""
    path = str(folder / "plan.json")
    limbeck.plan(config, target, output=path, **options)
    return path


class Executed(NamedTuple):
    """What the driver got, and whether it was in a transaction afterwards."""

    sql: str
    parameters: Any
    in_transaction: bool


def upgrade_recorded(config: Config, target: str = "heads", **options: Any) -> list[Executed]:
    """Upgrade, and return the statements of the steps as the driver gets them."""
    executed: list[Executed] = []
    is_in_steps = False

    def begin() -> None:
        nonlocal is_in_steps
        is_in_steps = True

    def record(connection: Any, cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        if is_in_steps:
            state = _is_in_transaction(connection)
            executed.append(Executed(sql.strip(), as_json_value(parameters or None), state))

    token = BETWEEN_STEPS.set(begin)
    sa.event.listen(sa.Engine, "after_cursor_execute", record)
    try:
        with given_options(options):
            command.upgrade(config, target)
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", record)
        BETWEEN_STEPS.reset(token)
    return executed


def _is_in_transaction(connection: sa.Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return bool(driver.in_transaction)
    if connection.dialect.name == "postgresql":
        return not driver.autocommit
    cursor = driver.cursor()
    cursor.execute("SELECT @@in_transaction")
    return bool(cursor.fetchone()[0])


def statements(plan: DatabasePlan) -> list[Executed]:
    """Return what the driver is expected to get."""
    return [
        Executed(statement.sql, statement.parameters, statement.transaction is not None)
        for step in plan.steps
        for statement in (*step.statements, *step.version_statements)
    ]


@contextmanager
def unchanged(describe: Callable[[], Any]) -> Iterator[None]:
    """Assert that the block leaves a database as it was."""
    before = describe()
    yield
    assert describe() == before
