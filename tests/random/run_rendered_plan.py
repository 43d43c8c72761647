"""Renders the directives of one case without a database, runs them on one, and returns whether the statements are the same.

Alembic has no rendered plan: there, the answer is that they are. `run_operations_online.py` describes a case.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations

sys.path.append(str(Path(__file__).parent))
operations: Any = importlib.import_module("run_operations")
online: Any = importlib.import_module("run_operations_online")
explain = operations.explain
SAME = "the same statements"


def run(case: Any) -> Any:
    """Return `SAME`, or both lists of statements."""
    try:
        from limbeck import rendered_plan
        from limbeck.saved_plan.values import as_json_value
    except ImportError:
        return SAME
    options = {}
    if "convention" in case:
        options["target_metadata"] = sa.MetaData(naming_convention=case["convention"])

    def body() -> None:
        names = {**operations.NAMES, "op": op, "made": None}
        for step in case.get("steps", []):
            exec(operations.statement(step), names)  # noqa: S102 - the case is Python source

    with online.engine(case.get("dialect", "sqlite")).connect() as connection:
        try:
            context = MigrationContext.configure(connection, opts=options)
            settings = rendered_plan.Settings.of(context, {})
            revision = SimpleNamespace(revision="r", path=__file__)
            step: Any = SimpleNamespace(
                revision=revision, is_upgrade=True, name="upgrade", migration_fn=body
            )
            (rendered,) = rendered_plan.render([step], None, settings)
            expected = [[s.sql, s.parameters or None] for s in rendered.statements]
            executed, failed = _executed(connection, context, body)
        finally:
            connection.rollback()
            online.drop_tables(connection)
    if failed or rendered.unrendered is not None:
        # Both know what comes before the failure, or the question.
        length = min(len(expected), len(executed))
        expected, executed = expected[:length], executed[:length]
    expected, executed = as_json_value(expected), as_json_value(executed)
    return SAME if expected == executed else {"rendered": expected, "executed": executed}


def _executed(
    connection: sa.Connection, context: MigrationContext, body: Callable[[], None]
) -> tuple[list[list[Any]], bool]:
    """Return what the driver gets, and whether the body has failed."""
    executed: list[list[Any]] = []

    def record(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        executed.append([statement, parameters or None])

    sa.event.listen(connection, "before_cursor_execute", record)
    try:
        with Operations.context(context):
            body()
    except Exception:  # noqa: BLE001 - of a directive, or of the database
        return executed, True
    finally:
        sa.event.remove(connection, "before_cursor_execute", record)
    return executed, False
