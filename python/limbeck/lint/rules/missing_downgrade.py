"""An upgrade that cannot be undone."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "missing-downgrade",
    "warning",
    example=Example(
        wrong="""
        def upgrade():
            op.create_table("account", sa.Column("id", sa.Integer))

        def downgrade():
            pass
        """,
        right="""
        def upgrade():
            op.create_table("account", sa.Column("id", sa.Integer))

        def downgrade():
            op.drop_table("account")
        """,
    ),
    hint="write the downgrade, or raise an error that says why there is none",
    in_downgrades=False,
)
def check(step: Step) -> Iterator[Problem]:
    """`upgrade()` changes the database, and `downgrade()` is missing or empty.

    `alembic downgrade` then reports success, records the older revision, and leaves the schema as it is. The next `upgrade` fails, because
    what it creates exists.

    If there is no way back, raise an error that says so: `raise NotImplementedError("the old values are gone")`.
    """
    if not step.statements and step.rendered.unrendered is None:
        return  # nothing to undo
    up, down = step.upgrade_body, step.downgrade_body
    if up is None or up.is_empty or (down is not None and not down.is_empty):
        return
    if down is None:
        if not hasattr(step.module, "downgrade"):
            yield Problem("the file has no downgrade()", line=up.line)
        return
    yield Problem("downgrade() is empty, and upgrade() is not", line=down.line)
