"""An enum value that is used in the transaction that adds it."""

from collections.abc import Iterator

from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step
from limbeck.rendered_plan import RenderedStatement


def uses(label: str, statement: RenderedStatement) -> bool:
    """Return whether a statement contains a label, in its text or its parameters."""
    return f"'{label}'" in statement.sql or repr(label) in repr(statement.parameters)


@rule(
    "pg-enum-value-in-transaction",
    "error",
    dialects=POSTGRESQL,
    example=Example(
        before="""
        op.execute("CREATE TYPE state AS ENUM ('new', 'paid')")
        op.execute("CREATE TABLE account (id integer, state state)")
        """,
        wrong="""
        op.execute("ALTER TYPE state ADD VALUE 'sent'")
        op.execute("UPDATE account SET state = 'sent' WHERE id = 1")
        """,
        right="""
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE state ADD VALUE 'sent'")
        op.execute("UPDATE account SET state = 'sent' WHERE id = 1")
        """,
    ),
    hint="put the ADD VALUE inside `with op.get_context().autocommit_block():`",
)
def check(step: Step) -> Iterator[Problem]:
    """An enum value is used in the transaction that adds it.

    PostgreSQL refuses to use a new value before its commit (`unsafe use of new value`), and before version 12 refuses `ADD VALUE` in a
    transaction at all. A type that was created in the same transaction is an exception.
    """
    added: list[tuple[str, int]] = []
    made: set[str | None] = set()
    for statement, changes, *_ in step.statements:
        for label, transaction in added:
            if transaction == statement.transaction and uses(label, statement):
                yield Problem(
                    f"uses the enum value '{label}' in the transaction that adds it",
                    step.occurrence(statement),
                )
        for change in changes:
            if change.kind == "create_type":
                made.add(change.name)
            if (
                change.kind != "add_enum_value"
                or statement.transaction is None
                or change.name in made
            ):
                continue
            if step.server.version < (12,):
                yield Problem(
                    "before version 12, PostgreSQL refuses ADD VALUE in a transaction",
                    step.occurrence(statement),
                )
            added += [(label, statement.transaction) for label in change.labels]
