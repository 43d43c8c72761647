"""Where a database or its revisions differ from what a plan was made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from limbeck.saved_plan.types import DatabasePlan, Statement, Step


def differences(planned: DatabasePlan, now: DatabasePlan) -> Iterator[str]:
    """Yield one line for each difference; nothing if exactly the plan would run.

    :param planned: the plan.
    :param now: the same plan, made now.
    """
    if not planned.database.is_same(now.database):
        where = f"this is {now.database}"
        if str(now.database) == str(planned.database):
            where = "this is another server at that address"
        yield f"the plan is for {planned.database}; {where}"
        return
    if planned.version_table != now.version_table:
        yield f"the version table is {now.version_table}; it was {planned.version_table}"
        return
    if planned.rows != now.rows:
        yield f"the version table has {_ids(now.rows)}; it had {_ids(planned.rows)}"
        return
    revisions = [[step.revision for step in plan.steps] for plan in (planned, now)]
    if revisions[0] != revisions[1]:
        yield from _other_steps(*revisions)
        return
    for before, after in zip(planned.steps, now.steps, strict=True):
        yield from _of_step(before, after)


def _ids(rows: Sequence[str]) -> str:
    return ", ".join(rows) or "no revision"


def _other_steps(before: list[str], after: list[str]) -> Iterator[str]:
    new = [revision for revision in after if revision not in before]
    gone = [revision for revision in before if revision not in after]
    if new:
        yield f"the run has steps that the plan does not have: {_ids(new)}"
    if gone:
        yield f"the plan has steps that the run does not have: {_ids(gone)}"
    if not new and not gone:
        yield f"the order of the steps is {_ids(after)}; it was {_ids(before)}"


def _of_step(before: Step, after: Step) -> Iterator[str]:
    if before.file_hash != after.file_hash:
        yield f"revision {after.revision}: the file {after.path} has changed"
    pairs = zip_longest(
        (*before.statements, *before.version_statements),
        (*after.statements, *after.version_statements),
    )
    for number, (planned, now) in enumerate(pairs, 1):
        changed = _of_statement(planned, now)
        if changed is not None:
            yield f"revision {after.revision}, statement {number}: {changed}"
            return  # the following ones may differ by their place only
    if (before.unknown is None) != (after.unknown is None):
        known = "known" if after.unknown is None else "partly known"
        yield f"revision {after.revision}: the step is {known} now"
    elif before.unknown != after.unknown:
        yield f"revision {after.revision}: another part of the step is unknown now"


def _of_statement(planned: Statement | None, now: Statement | None) -> str | None:
    if planned is None or now is None:
        return (
            "there are more statements now" if planned is None else "there are fewer statements now"
        )
    if not planned.varies:
        if planned.sql != now.sql:
            return f"the SQL is now {_short(now.sql)}; it was {_short(planned.sql)}"
        if planned.parameters != now.parameters:
            return f"the parameters of {_short(now.sql)} have changed"
    if planned.transaction != now.transaction:
        return f"{_short(now.sql)} is in another transaction"
    if planned.is_conditional != now.is_conditional:
        changed = "depends now" if now.is_conditional else "no longer depends"
        return f"{_short(now.sql)} {changed} on whether its object exists"
    return None


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 80 else f"{text[:80]}..."
