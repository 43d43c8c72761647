"""An index that a foreign key needs."""

from collections.abc import Iterator

from limbeck.lint.rule import MYSQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "mysql-drop-index-of-foreign-key",
    "error",
    dialects=MYSQL,
    example=Example(
        before="""
        op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("shop_id", sa.Integer))
        op.create_index("ix_shop", "account", ["shop_id"])
        op.create_foreign_key("fk_shop", "account", "shop", ["shop_id"], ["id"])
        """,
        wrong="""op.drop_index("ix_shop", "account")""",
        right="""op.execute("ALTER TABLE account DROP FOREIGN KEY fk_shop, DROP INDEX ix_shop")""",
    ),
    hint="drop the foreign key first, or create another index that begins with its columns",
)
def check(step: Step) -> Iterator[Problem]:
    """An index is dropped that a foreign key needs.

    InnoDB keeps an index that begins with the columns of each foreign key, and refuses to drop the last one (error 1553).
    """
    for at in step.find("drop_index", dropped=True):
        if at.table is None or at.change.name not in at.table.indexes:
            continue
        if step.runs_code_before(at):
            continue  # which may have dropped the foreign key
        others = [columns for name, columns in at.table.indexes.items() if name != at.change.name]
        for constraint in at.table.constraints.values():
            if constraint.kind in ("unique", "primary_key"):
                others.append(constraint.columns)
        dropped = at.table.indexes[at.change.name]
        for constraint in at.table.constraints.values():
            columns = constraint.columns
            needed = constraint.kind == "foreign_key" and dropped[: len(columns)] == columns
            if needed and not any(other[: len(columns)] == columns for other in others):
                yield Problem(
                    f"a foreign key of {at.change.table} needs {at.change.name}; the server refuses",
                    at,
                    severity=None if step.is_schema_certain else "warning",
                )
                break
