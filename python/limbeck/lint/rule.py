"""Rules: their texts, their examples, and the functions that find problems."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, TypeAlias

from limbeck.lint.finding import Effect, Severity

if TYPE_CHECKING:
    from limbeck.lint.step import Occurrence, Step

POSTGRESQL = ("postgresql",)
MYSQL = ("mysql",)
SQLITE = ("sqlite",)


@dataclass(frozen=True)
class Problem:
    """A problem that a rule found.

    :ivar message: what happens, in one sentence.
    :ivar at: the change; `None` for a problem of the whole file.
    :ivar line: the line, for a problem without a change.
    :ivar effect: replaces the rule's effect.
    :ivar hint: replaces the rule's hint.
    :ivar severity: replaces the rule's severity, where less is known.
    """

    message: str
    at: Occurrence | None = None
    line: int | None = None
    effect: Effect | None = None
    hint: str | None = None
    severity: Severity | None = None


Check: TypeAlias = Callable[["Step"], Iterator[Problem]]


@dataclass(frozen=True)
class Example:
    """The bodies of `upgrade()` that show a rule.

    :ivar wrong: a body with the problem.
    :ivar right: a body without it.
    :ivar before: the body of an earlier revision, which makes what both change.
    :ivar beside: the body of a revision of another branch.
    """

    wrong: str
    right: str
    before: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule.

    :ivar name: its name in options, comments and reports.
    :ivar severity: `error` if it does harm in any busy database, `warning` if that depends on the application.
    :ivar summary: one sentence.
    :ivar text: why, and the way out; Markdown.
    :ivar example: the bodies that show it.
    :ivar effect: what the statement does to other sessions.
    :ivar hint: the way out, in one sentence.
    :ivar dialects: SQLAlchemy's names of the dialects; empty for all.
    :ivar check: finds the problems of a step.
    :ivar in_downgrades: whether `--downgrade` checks `downgrade()` too.
    :ivar opt_in: whether it is off unless selected.
    """

    name: str
    severity: Severity
    summary: str
    text: str
    example: Example
    effect: Effect
    hint: str
    dialects: tuple[str, ...]
    check: Check = field(compare=False)
    in_downgrades: bool = True
    opt_in: bool = False


#: The rules that the runner itself reports; they have no check.
_NOTHING: Check = lambda step: iter(())


def rule(
    name: str,
    severity: Severity,
    *,
    example: Example,
    hint: str,
    effect: Effect = Effect(),  # noqa: B008 - immutable
    dialects: tuple[str, ...] = (),
    in_downgrades: bool = True,
    opt_in: bool = False,
) -> Callable[[Check], Rule]:
    """Return a decorator that makes a check a rule. The check's docstring is the summary and the text.

    :param name: see `Rule`, as for the others.
    """

    def make(check: Check) -> Rule:
        summary, _, text = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
        dedented = Example(*(_code(body) for body in vars(example).values()))
        return Rule(
            name,
            severity,
            " ".join(summary.split()),
            text.strip(),
            dedented,
            effect,
            hint,
            dialects,
            check,
            in_downgrades,
            opt_in,
        )

    return make


def _code(body: str) -> str:
    return textwrap.dedent(body).strip("\n")


@cache
def all_rules() -> dict[str, Rule]:
    """Return the rules by name: those of the folder `rules`, in the order of their names."""
    from limbeck.lint import rules

    found: dict[str, Rule] = {}
    for module in iter_modules(rules.__path__):
        for value in vars(import_module(f"{rules.__name__}.{module.name}")).values():
            if isinstance(value, Rule):
                found[value.name] = value
    return dict(sorted(found.items()))
