"""A table that is rebuilt while foreign keys are enforced."""

from collections.abc import Iterator

from limbeck.lint.rule import SQLITE, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "sqlite-rebuild-with-foreign-keys",
    "error",
    dialects=SQLITE,
    example=Example(
        before="""
        op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
        op.create_table(
            "account", sa.Column("id", sa.Integer), sa.Column("shop_id", sa.Integer, sa.ForeignKey("shop.id", ondelete="CASCADE"))
        )
        """,
        wrong="""
        shop = sa.Table("shop", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
        with op.batch_alter_table("shop", copy_from=shop, recreate="always") as batch:
            batch.alter_column("name", nullable=False)
        """,
        right="""
        shop = sa.Table("shop", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
        with op.get_context().autocommit_block():
            op.execute("PRAGMA foreign_keys = OFF")
        with op.batch_alter_table("shop", copy_from=shop, recreate="always") as batch:
            batch.alter_column("name", nullable=False)
        """,
    ),
    hint="`PRAGMA foreign_keys = OFF` before the rebuild, outside of a transaction",
)
def check(step: Step) -> Iterator[Problem]:
    """A table that others refer to is rebuilt, and nothing turns foreign keys off.

    `batch_alter_table` copies the rows to a new table and drops the old one. If the connection has `PRAGMA foreign_keys = ON`, SQLite deletes
    the rows of the old table first, and with `ON DELETE CASCADE` the rows of the other tables go with them, without an error.

    The PRAGMA has no effect inside a transaction.
    """
    off = False
    for read in step.statements:
        sql = " ".join(read.statement.sql.lower().split()).rstrip("; ")
        if sql.startswith("pragma foreign_keys"):
            off = not sql.endswith(("on", "1", "true", "yes"))
        for at in step.occurrences:
            is_drop = at.is_rebuild and at.change.kind == "drop_table"
            if off or not is_drop or at.statement is not read.statement:
                continue
            users = step.schema.referring_to(at.change.table)
            if users:
                yield Problem(
                    f"rebuilds {at.change.table}, which {', '.join(users)} refers to; with enforced foreign keys, "
                    "ON DELETE actions take place",
                    at,
                )
