"""Says what a failed revision has left in the database, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import StatementError

from limbeck import _core
from limbeck.execution.backends import kind_of
from limbeck.rendered_plan import RenderedStatement, RenderedStep, Settings, render
from limbeck.runtime._run import HINT_WITHOUT_JOURNAL, FailedBody, line_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from limbeck.runtime._steps import RevisionStep, StampStep
    from limbeck.runtime.migration import MigrationContext


def describe(failed: FailedBody) -> list[str]:
    """Return notes about a revision that ran without the options of safe execution.

    Nothing counted its statements, so they are rendered: which of them failed is known by its text and line.

    :param failed: the revision.
    """
    rendered = rendered_step(failed.context, failed.step, failed.arguments)
    if rendered is not None:
        changes = [s for s in rendered.statements if kind_of(s.sql) != "read"]
        number = _failed_number(changes, failed, str(rendered.path))
        if number is not None:
            committed = _committed(failed.context.dialect.name, changes, number)
            if committed is not None:
                total = None if not rendered.is_certain else len(changes)
                return what_is_left(number, total, committed, HINT_WITHOUT_JOURNAL)
    return failed.count_notes()


def what_is_left(number: int, total: int | None, committed: int, hint: str) -> list[str]:
    """Return notes about the statements of a failed revision; none if nothing is committed.

    :param number: the number of the statement that failed, from 1.
    :param total: the number of all statements; `None` if it is unknown.
    :param committed: how many statements are committed.
    :param hint: what to do next.
    """
    if not committed:
        return []
    all_of = "of this revision" if total is None or total < number else f"of {total}"
    which = "statement 1 is" if committed == 1 else f"statements 1 to {committed} are"
    return [
        f"statement {number} {all_of} failed; {which} in the database",
        f"hint: {hint}",
    ]


def count_changes(
    context: MigrationContext, step: RevisionStep | StampStep, arguments: Mapping[str, Any]
) -> int | None:
    """Return how many statements of a revision change the database; `None` if it is uncertain.

    :param context: the migration context of the run.
    :param step: the revision.
    :param arguments: passed to `upgrade()` or `downgrade()`.
    """
    rendered = rendered_step(context, step, arguments)
    if rendered is None or not rendered.is_certain:
        return None
    return sum(kind_of(statement.sql) != "read" for statement in rendered.statements)


def rendered_step(
    context: MigrationContext, step: RevisionStep | StampStep, arguments: Mapping[str, Any]
) -> RenderedStep | None:
    """Return the statements of a revision that has failed, if its body may be called once more.

    It may if it has effects only through Alembic and SQLAlchemy.
    """
    revision = getattr(step, "revision", None)
    if revision is None or context.as_sql:
        return None
    try:
        body = _core.read_body(Path(revision.path).read_bytes(), step.name)
    except OSError:
        return None  # the file is gone, or is not a file
    if body is None or not body.is_repeatable:
        return None
    steps = render([step], None, Settings.of(context, arguments))  # type: ignore[list-item] # has a revision
    return next(steps, None)


def _failed_number(
    statements: Sequence[RenderedStatement], failed: FailedBody, path: str
) -> int | None:
    """Return the number of the statement that failed, from 1; `None` if it is uncertain."""
    error = failed.error
    if not isinstance(error, StatementError) or error.statement is None:
        return None
    line = line_in((path,), error)
    found = [
        number
        for number, statement in enumerate(statements, 1)
        if statement.sql == error.statement and line in (statement.line, None)
    ]
    return found[0] if len(found) == 1 else None


def _committed(dialect: str, statements: Sequence[RenderedStatement], number: int) -> int | None:
    """Return how many statements are committed when one fails; `None` for a backend of which it is unknown.

    :param number: the number of the statement that failed, from 1.
    """
    last = statements[number - 1].transaction
    committed = 0
    in_transaction = False
    for done, statement in enumerate(statements[:number]):
        kind = kind_of(statement.sql)
        # A transaction that was begun before the last one is committed.
        alone = statement.transaction is None or statement.transaction != last
        if dialect in ("mysql", "mariadb") and kind == "other":
            # DDL commits what was done before it, even if it fails.
            committed = done
            alone = True
        elif dialect == "sqlite":
            # The driver begins a transaction before DML only.
            in_transaction = not alone and (in_transaction or kind == "dml")
            alone = not in_transaction
        elif dialect not in _KNOWN:
            return None
        if alone and done + 1 < number:
            committed = done + 1
    return committed


_KNOWN = ("mysql", "mariadb", "sqlite", "postgresql")
