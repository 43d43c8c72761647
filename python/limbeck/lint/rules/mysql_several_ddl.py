"""A revision that can stop half-way."""

from collections.abc import Iterator

from limbeck.lint.rule import MYSQL, Example, Problem, rule
from limbeck.lint.step import DDL, Step


@rule(
    "mysql-several-ddl",
    "warning",
    dialects=MYSQL,
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""
        op.add_column("account", sa.Column("name", sa.String(50)))
        op.add_column("account", sa.Column("age", sa.Integer))
        """,
        right="""op.execute("ALTER TABLE account ADD COLUMN name VARCHAR(50), ADD COLUMN age INTEGER")""",
    ),
    hint="one DDL statement for each revision, or `journal = true` under [limbeck], so that `upgrade --resume` can go on",
)
def check(step: Step) -> Iterator[Problem]:
    """A revision has more than one DDL statement, and MySQL and MariaDB commit each of them.

    If the second fails, the first is in the database, and the revision is not recorded: the next `upgrade` fails at the first statement, and
    `downgrade` does not know about it. Put each statement into a revision of its own, or write one `ALTER TABLE` with several clauses, or use
    the [journal](when-a-migration-fails.md), with which `upgrade --resume` goes on at the statement that failed.
    """
    statements = [s for s, changes, *_ in step.statements if any(c.kind in DDL for c in changes)]
    if len(statements) > 1 and not step.server.transactional_ddl:
        yield Problem(
            f"one of {len(statements)} DDL statements, each of which is committed by itself: if it fails, the revision is half-applied",
            step.occurrence(statements[1]),
        )
