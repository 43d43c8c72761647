"""The rules of squawk that limbeck's own do not cover, over the statements of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from limbeck import _core
from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, Rule

if TYPE_CHECKING:
    from limbeck.lint.step import Step

PREFIX = "squawk-"
#: The rules that are on by default, with what they find.
_ON = {
    "ban-alter-domain-with-add-constraint": "A constraint is added to a domain, and every table that uses it is read.",
    "ban-create-domain-with-constraint": "A domain with a constraint is created, which cannot be changed without a lock later.",
    "ban-drop-database": "A database is dropped.",
    "ban-duplicate-column-assignments": "A column is assigned twice in one statement.",
    "ban-truncate-cascade": "TRUNCATE CASCADE empties other tables too.",
    "identifier-too-long": "A name is longer than 63 bytes, and PostgreSQL cuts it off.",
    "require-concurrent-partition-detach": "A partition is detached without CONCURRENTLY.",
    "require-concurrent-reindex": "REINDEX without CONCURRENTLY blocks writes.",
}
#: Rules about style, which are off unless selected.
_OFF = {
    "ban-char-field": "A column has the type char(n).",
    "ban-drop-type": "A type is dropped.",
    "ban-drop-view": "A view is dropped.",
    "prefer-bigint-over-int": "A column has the type integer.",
    "prefer-bigint-over-smallint": "A column has the type smallint.",
    "prefer-identity": "A column is SERIAL instead of an identity.",
    "prefer-robust-stmts": "A statement outside of a transaction has no IF EXISTS, so it cannot be repeated.",
    "prefer-text-field": "A column has the type varchar(n).",
    "prefer-timestamp-tz": "A column has the type timestamp without a time zone.",
    "require-enum-value-ordering": "An enum value is added without BEFORE or AFTER.",
    "require-table-schema": "A table is named without its schema.",
}


@cache
def rules() -> dict[str, Rule]:
    """Return the rules by name, which begins with `squawk-`."""
    return {
        f"{PREFIX}{name}": Rule(
            f"{PREFIX}{name}",
            "warning",
            summary,
            f"This is squawk's rule [{name}](https://squawkhq.com/docs/{name}).",
            Example("", ""),
            Effect(),
            "",
            POSTGRESQL,
            lambda step: iter(()),
            opt_in=name in _OFF,
        )
        for name, summary in {**_ON, **_OFF}.items()
    }


def check(step: Step, chosen: Mapping[str, Rule]) -> Iterator[tuple[Rule, Problem]]:
    """Yield the problems that squawk finds in a step.

    :param step: the step.
    :param chosen: the rules that are checked, by name, with those of limbeck.
    """
    names = [name.removeprefix(PREFIX) for name in chosen if name.startswith(PREFIX)]
    if not names:
        return
    # Transactions apart, because squawk takes a text for one transaction.
    for transaction, group in groupby(step.statements, lambda read: read.statement.transaction):
        statements = list(group)
        texts = [read.sql for read in statements]
        for index, name, message, help in _core.squawk(texts, names, transaction is not None):
            at = step.occurrence(statements[index].statement)
            if at.is_new and name.startswith("require-concurrent"):
                continue
            yield chosen[f"{PREFIX}{name}"], Problem(message, at, hint=help or "")
