"""Random directives in offline mode on six dialects and on three databases, against Alembic."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.servers import Server

from .driver import SIDES, RandomCases, raised
from .operation_cases import offline_case, online_case

UNSUPPORTED = "sqlalchemy.exc.UnsupportedCompilationError"
COMMAND = "alembic.util.exc.CommandError"
COMPILE = "sqlalchemy.exc.CompileError"
ASSERTION = "builtins.AssertionError"
TYPE = "builtins.TypeError"
ATTRIBUTE = "builtins.AttributeError"
#: Both fail, and limbeck's message names the cause: limbeck's exception, Alembic's, and a part of limbeck's message.
BETTER_MESSAGES = (
    (COMMAND, UNSUPPORTED, "has no exclusion constraints"),
    (COMPILE, UNSUPPORTED, "no statement for comments on columns"),
    (COMMAND, ASSERTION, "MySQL restates the whole column"),
    (COMMAND, COMMAND, "MySQL restates the whole column"),
    (COMMAND, COMPILE, "MySQL restates the whole column"),
    (COMPILE, ASSERTION, "after DEFAULT: it has no SQL"),
    (COMPILE, ASSERTION, "Can't replace the identity"),
    (COMPILE, ATTRIBUTE, "Can't replace the identity"),
)


def better(case: Any, ours: Any, theirs: Any) -> str | None:
    """Return the reason why a difference is accepted, or None."""
    for our_type, their_type, part in BETTER_MESSAGES:
        if (raised(ours), raised(theirs)) == (our_type, their_type) and part in ours["message"]:
            return f"{part}: the message of limbeck"
    crashed = raised(theirs) in (ASSERTION, ATTRIBUTE)
    steps = case.get("steps", [])
    if case.get("dialect") == "mssql" and crashed and any(map(_has_comment, steps)):
        return "comments are written in offline mode on SQL Server too"
    mysql = case.get("dialect") in ("mysql", "mariadb")
    if mysql and raised(theirs) == ASSERTION and any(map(_changes_nothing, steps)):
        return "an ALTER of a computed or identity column that changes nothing writes nothing"
    if raised(theirs) in (ASSERTION, TYPE) and isinstance(ours, str) and "ADD GENERATED" in ours:
        return "PostgreSQL itself says whether an identity may follow another default"
    failed = raised(theirs) in (ASSERTION, TYPE) and raised(ours)
    if failed and any(map(_gives_identity, steps[:-1])):
        return "PostgreSQL itself says whether an identity may follow another default; a later step fails"
    written = (
        isinstance(ours, str)
        and isinstance(theirs, str)
        and any(map(_changes_name_and_type, steps))
    )
    if written and _without_checks(ours) == _without_checks(theirs):
        return "the CHECK of a new type refers to the column by its new name"
    return None


def _changes_name_and_type(step: Any) -> bool:
    """Return whether a step gives a column both a new name and a new type."""
    return bool({"new_column_name", "type_"} <= step.get("k", {}).keys())


def _changes_nothing(step: Any) -> bool:
    named = step.get("k", {})
    default = named.get("existing_server_default", "")
    changes = {"nullable", "new_column_name", "type_", "autoincrement"} & named.keys()
    others = [
        named[key] for key in ("server_default", "comment") if named.get(key, "False") != "False"
    ]
    return default.startswith(("sa.Identity", "sa.Computed")) and not changes and not others


def _gives_identity(step: Any) -> bool:
    default: str = step.get("k", {}).get("server_default", "")
    return default.startswith("sa.Identity")


def _has_comment(step: Any) -> bool:
    return "comment" in json.dumps(step)


def _without_checks(written: str) -> list[str]:
    return [
        line
        for line in written.split("\n\n")
        if not re.search(r" ADD (CONSTRAINT .*)?CHECK ", line)
    ]


def test_same_sql_is_written(random_cases: RandomCases) -> None:
    random_cases.compare("operations", offline_case, better=better, crashes=())


@pytest.fixture(scope="module")
def databases(
    postgresql_server: Server, mariadb_server: Server
) -> Iterator[dict[str, dict[str, str]]]:
    """Yield the environment variables with the database URLs of each side."""
    with ExitStack() as stack:
        yield {
            side: {
                "RANDOM_POSTGRESQL": stack.enter_context(postgresql_server.database()),
                "RANDOM_MARIADB": stack.enter_context(mariadb_server.database()),
            }
            for side in SIDES
        }


def test_databases_have_the_same_content(
    random_cases: RandomCases, databases: dict[str, dict[str, str]]
) -> None:
    random_cases.compare(
        "operations_online", online_case, better=better, crashes=(), environ=databases
    )
