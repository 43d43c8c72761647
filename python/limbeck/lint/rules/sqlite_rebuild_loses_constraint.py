"""A constraint without a name that the rebuild of its table loses."""

from collections.abc import Iterator

from limbeck.lint.rule import SQLITE, Example, Problem, rule
from limbeck.lint.schema import Constraint, Table
from limbeck.lint.source import rebuilt_table
from limbeck.lint.step import REBUILT, Step


@rule(
    "sqlite-rebuild-loses-constraint",
    "error",
    dialects=SQLITE,
    example=Example(
        before="""
        op.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, age INTEGER CHECK (age > 0), email VARCHAR(50))")
        """,
        wrong="""
        account = sa.Table(
            "account",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("age", sa.Integer),
            sa.Column("email", sa.String(50)),
        )
        with op.batch_alter_table("account", copy_from=account) as batch:
            batch.alter_column("email", nullable=False)
        """,
        right="""
        account = sa.Table(
            "account",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("age", sa.Integer),
            sa.Column("email", sa.String(50)),
            sa.CheckConstraint("age > 0"),
        )
        with op.batch_alter_table("account", copy_from=account) as batch:
            batch.alter_column("email", nullable=False)
        """,
    ),
    hint="pass the constraint as `table_args` of batch_alter_table(), and give constraints names from then on",
)
def check(step: Step) -> Iterator[Problem]:
    """`batch_alter_table` rebuilds a table, and the new one lacks a constraint that has no name.

    Where the table is reflected, this is so for each CHECK without a name: SQLite does not tell which one it is, so it is left out, with a
    warning when the migration runs. With `copy_from`, it is so for each constraint that the given table lacks. From then on, rows are
    accepted that the constraint refused.
    """
    for at in step.occurrences:
        if not at.is_rebuild or at.change.kind != "create_table" or at.table is None:
            continue
        after = Table()
        for part in (part for column in at.change.parts for part in (column, *column.parts)):
            if part.kind == "add_constraint":
                after.add(part)
        kept = [_key(constraint) for constraint in after.constraints.values()]
        name = (at.change.table or "").removeprefix(REBUILT)
        for constraint in at.table.unnamed():
            if _key(constraint) not in kept and constraint.kind != "primary_key":
                yield Problem(f"rebuilds {name} without its {_shown(constraint)}", at)
    unrendered = step.rendered.unrendered
    if unrendered is None or "catalog" not in unrendered.reason:
        return
    rebuilt = rebuilt_table(step.source, unrendered.line)
    table = step.schema.table(rebuilt)
    for constraint in [] if table is None else table.unnamed():
        if constraint.kind == "check":
            message = f"rebuilds {rebuilt}, as it is reflected, without its {_shown(constraint)}"
            yield Problem(message, line=unrendered.line)


def _key(constraint: Constraint) -> tuple[str, str, tuple[str, ...]]:
    expression = "".join((constraint.expression or "").split()).strip("()").lower()
    return constraint.kind, expression, tuple(constraint.columns) if not expression else ()


def _shown(constraint: Constraint) -> str:
    if constraint.expression:
        return f"CHECK ({constraint.expression})"
    kind = constraint.kind.replace("_", " ")
    return f"{kind} of {', '.join(constraint.columns)}"
