"""Two branches that change one table."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "two-branches-one-table",
    "warning",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        beside="""op.alter_column("account", "email", server_default="nobody@example.com")""",
        wrong="""op.alter_column("account", "email", server_default="unknown")""",
        right="""
        depends_on = "r0003"  # the revision of the other branch

        def upgrade():
            op.alter_column("account", "email", server_default="unknown")

        def downgrade():
            op.alter_column("account", "email", server_default="nobody@example.com")
        """,
    ),
    hint="decide the order: name the other revision as depends_on, or put one branch behind the other before it is merged",
    in_downgrades=False,
)
def check(step: Step) -> Iterator[Problem]:
    """Two revisions change the same table, and neither of them runs before the other.

    They belong to two branches, as after work on two features at the same time; a merge revision joins them, but does not order them. In
    one database the first runs first, because it was deployed earlier, in another one the second. Where the result depends on the order,
    the databases differ from then on: the last default, type or UPDATE wins. Or the revision that runs second fails, because the other one
    has renamed or dropped what it changes.

    `depends_on` in one of the two decides it for every database. If one of them has not been deployed anywhere, change its `down_revision`
    to the head of the other branch.
    """
    yield from ()  # reported by the runner, which knows the other revisions
