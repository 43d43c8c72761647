"""The rewrites of findings."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.lint.finding import Finding
from limbeck.lint.fix.source_file import SourceFile, UncertainError

if TYPE_CHECKING:
    from limbeck.lint.step import Occurrence, Step

#: Seconds that a statement waits for a lock, in a rewritten file.
LOCK_TIMEOUT = 5
#: The rules with a rewrite, each with its directive.
_CONCURRENTLY = {
    "pg-index-without-concurrently": "create_index",
    "pg-drop-index-without-concurrently": "drop_index",
}
_NOT_VALID = {
    "pg-foreign-key-without-not-valid": "create_foreign_key",
    "pg-check-without-not-valid": "create_check_constraint",
}
_LOCK_TIMEOUT = "no-lock-timeout"
_HEADER = ("revision", "down_revision", "branch_labels", "depends_on")
_LOCK = re.compile(r"\s*LOCK\b", re.IGNORECASE)
#: Statements without characters that would have to be escaped in Python or in `sqlalchemy.text()`.
_PLAIN = re.compile(r'[\w$". ]+', re.ASCII)


class Place(NamedTuple):
    """Where a finding comes from.

    :ivar step: the step.
    :ivar at: the change.
    :ivar is_only_dialect: whether the file runs on no other dialect, as far as env.py says.
    """

    step: Step
    at: Occurrence
    is_only_dialect: bool = True


class Change(NamedTuple):
    """A file that is rewritten.

    :ivar path: the file.
    :ivar before: its bytes.
    :ivar after: the new bytes.
    """

    path: str
    before: bytes
    after: bytes


class Left(NamedTuple):
    """A finding whose rule has a rewrite that is not certain here.

    :ivar finding: the finding.
    :ivar reason: why it is left.
    """

    finding: Finding
    reason: str


def rewrite(
    findings: Sequence[Finding], places: Mapping[Finding, Place], new: frozenset[str]
) -> tuple[list[Change], list[Left]]:
    """Return the files with their new content, and the findings that are left. Nothing is written.

    :param findings: the findings.
    :param places: where they come from.
    :param new: the revisions whose files may be rewritten, because no database has run them yet.
    """
    changes: list[Change] = []
    left: list[Left] = []
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule in (*_CONCURRENTLY, *_NOT_VALID, _LOCK_TIMEOUT):
            by_path.setdefault(finding.path, []).append(finding)
    for path, found in by_path.items():
        before = Path(path).read_bytes()
        try:
            if found[0].revision not in new:
                raise UncertainError(
                    "the file is older than the base, so a database may have run it"
                )
            file = SourceFile(before)
            for finding in found:
                try:
                    _rewrite(file, finding, places, found)
                except UncertainError as error:
                    left.append(Left(finding, str(error)))
            after = file.content()
        except UncertainError as error:
            left += [Left(finding, str(error)) for finding in found]
            continue
        if after != before:
            changes.append(Change(path, before, after))
    return changes, left


def _rewrite(
    file: SourceFile, finding: Finding, places: Mapping[Finding, Place], others: Sequence[Finding]
) -> None:
    """Add the edits for a finding.

    :param file: the file.
    :param finding: the finding.
    :param places: where the findings come from.
    :param others: the findings of the file, with this one.
    :raises UncertainError: they would not be certain.
    """
    if finding.rule == _LOCK_TIMEOUT:
        # The name counts for upgrade() and downgrade(), which have a finding each.
        same = [other for other in others if other.rule == _LOCK_TIMEOUT]
        for other in same:
            _require_no_concurrently(places[other].step, others)
        if same[0] is finding:
            _set_lock_timeout(file)
        return
    place = places[finding]
    if sum(other.line == finding.line and other.rule == finding.rule for other in others) > 1:
        raise UncertainError("the line makes several statements")
    if any(at.change.kind == "set" or at.has("temporary") for at in place.step.occurrences):
        raise UncertainError("autocommit_block() would end a setting or a temporary table")
    if any(_LOCK.match(read.sql) for read in place.step.statements):
        raise UncertainError("autocommit_block() would end an explicit lock")
    directive = {**_CONCURRENTLY, **_NOT_VALID}[finding.rule]
    statement, call = _directive(file, finding.line, place.step, directive)
    # Everything that may be uncertain comes before the first edit.
    blanks = file.indentation(statement)
    block = f"with {_name_of_op(call)}.get_context().autocommit_block():"
    if finding.rule in _CONCURRENTLY:
        if place.at.has("if_not_exists"):
            raise UncertainError(
                "IF NOT EXISTS would accept the invalid index of a run that failed"
            )
        if place.at.table is not None and place.at.table.is_partitioned:
            raise UncertainError("PostgreSQL has no CONCURRENTLY for a partitioned table")
        if any("limbeck:" in comment for comment in file.comments_above(statement)):
            raise UncertainError("a comment above ignores rules of the statement, not of a block")
        file.add_keyword(call, "postgresql_concurrently=True", blanks)
        file.insert_lines(statement.lineno, f"{blanks}{block}")
        file.indent(statement, blanks)
        return
    if not place.is_only_dialect:
        raise UncertainError("other databases of env.py do not know VALIDATE CONSTRAINT")
    sql = _validation(place)
    execute = f"{_name_of_op(call)}.execute({_literal(sql)})"
    end = statement.end_lineno or statement.lineno
    file.insert_lines(end + 1, f"{blanks}{block}", f"{blanks}{blanks}{execute}")
    file.add_keyword(call, "postgresql_not_valid=True")


def _require_no_concurrently(step: Step, others: Sequence[Finding]) -> None:
    """Raise `UncertainError` if a step may have a statement that is CONCURRENTLY."""
    if step.rendered.unrendered is not None:
        raise UncertainError("the unknown rest of the body may have a statement with CONCURRENTLY")
    is_concurrent = any(at.has("concurrently") for at in step.occurrences)
    if is_concurrent or any(other.rule in _CONCURRENTLY for other in others):
        raise UncertainError("a timeout of CONCURRENTLY would leave an invalid index behind")


def _directive(
    file: SourceFile, line: int | None, step: Step, name: str
) -> tuple[ast.stmt, ast.Call]:
    """Return the statement of a body that calls a directive, and the call."""
    body = "upgrade" if step.is_upgrade else "downgrade"
    functions = [
        node for node in file.tree.body if isinstance(node, ast.FunctionDef) and node.name == body
    ]
    if len(functions) != 1:
        raise UncertainError(f"the file does not have exactly one {body}()")
    here = [
        statement
        for statement in functions[0].body
        if statement.lineno <= (line or 0) <= (statement.end_lineno or statement.lineno)
    ]
    if len(here) > 1:
        raise UncertainError("the statement shares a line with another one")
    call = here[0].value if here and isinstance(here[0], ast.Expr) else None
    if isinstance(call, ast.Call) and _is_directive(call, name, step.module):
        if any(keyword.arg is None for keyword in call.keywords):
            raise UncertainError("the call has arguments that are known only when it runs")
        if any(keyword.arg in _ADDED for keyword in call.keywords):
            raise UncertainError("the call already has the argument, with another value")
        return here[0], call
    raise UncertainError(f"the line is not a plain call of op.{name}() in {body}()")


#: The names of the module of the directives.
_OP = ("alembic.op", "limbeck.op")
#: The arguments that a rewrite adds.
_ADDED = ("postgresql_concurrently", "postgresql_not_valid")


def _is_directive(call: ast.Call, name: str, module: Any) -> bool:
    """Return whether a call is one of `alembic.op`."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == name
        and isinstance(function.value, ast.Name)
        and getattr(getattr(module, function.value.id, None), "__name__", "") in _OP
    )


def _name_of_op(call: ast.Call) -> str:
    function = call.func
    assert isinstance(function, ast.Attribute)
    assert isinstance(function.value, ast.Name)
    return function.value.id


def _validation(place: Place) -> str:
    """Return the statement that validates a constraint."""
    change, operation = place.at.change, place.at.operation
    table = getattr(operation, "source_table", None) or getattr(operation, "table_name", None)
    schema = getattr(operation, "schema", None) or getattr(operation, "kw", {}).get("source_schema")
    if change.name is None or not table:
        raise UncertainError("the constraint has no name, and VALIDATE CONSTRAINT needs one")
    quote: Callable[[str], str] = place.step.dialect.identifier_preparer.quote
    full = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
    sql = f"ALTER TABLE {full} VALIDATE CONSTRAINT {quote(change.name)}"
    if _PLAIN.fullmatch(sql) is None:
        raise UncertainError("a name has characters that would have to be escaped")
    return sql


def _literal(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _set_lock_timeout(file: SourceFile) -> None:
    """Set `lock_timeout` below the header, where limbeck reads it."""
    last = None
    for node in file.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id in _HEADER for target in targets):
            last = node
    if last is None:
        raise UncertainError("the file has no header at its top level")
    if file.indentation(last):
        raise UncertainError("the header is indented")
    end = last.end_lineno or last.lineno
    file.insert_lines(end + 1, f"lock_timeout = {LOCK_TIMEOUT}  # seconds")
