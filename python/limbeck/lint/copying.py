"""The copy that MySQL and MariaDB make of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.finding import Effect
from limbeck.lint.rule import Problem

if TYPE_CHECKING:
    from limbeck.lint.step import Occurrence, Step


def copy_problem(step: Step, at: Occurrence, reason: str) -> Problem:
    """Return the problem of a statement that copies its table.

    From 11.2 on, MariaDB lets other sessions write meanwhile: see "Online Schema Change" in its manual.

    :param step: the step.
    :param at: the change that needs the copy.
    :param reason: why.
    """
    table = at.change.table
    if step.server.is_mariadb and step.server.version >= (11, 2):
        return Problem(
            f"copies {table}, beside which writes go on until its end: {reason}",
            at,
            severity="warning",
            effect=Effect(rewrites=True),
            hint="check that the disk can hold a second copy of the table, and that the replicas keep up",
        )
    return Problem(f"copies {table} while writes wait: {reason}", at)
