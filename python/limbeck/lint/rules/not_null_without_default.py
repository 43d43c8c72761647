"""A new column that is NOT NULL and has no default."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "not-null-without-default",
    "error",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.add_column("account", sa.Column("age", sa.Integer, nullable=False))""",
        right="""op.add_column("account", sa.Column("age", sa.Integer, nullable=False, server_default="0"))""",
    ),
    hint="give the column a server_default, or add it as nullable, fill it, and make it NOT NULL in a later revision",
)
def check(step: Step) -> Iterator[Problem]:
    """A column is added to an existing table that is NOT NULL and has no server default.

    PostgreSQL and SQLite refuse this for a table with rows. MySQL and MariaDB fill existing rows with an implicit value
    (0, an empty string), and then refuse INSERTs of the running build, which does not know the column. A `default=` of SQLAlchemy does not
    help: it is applied by the application, not by the database.

    - Add the column with `server_default=`. It can be removed once no build depends on it.
    - Or add it as nullable, fill it in batches, and set NOT NULL later.
    """
    for at in step.find("add_column"):
        change = at.change
        has_value = change.expression is not None or at.has(
            "identity", "generated_stored", "generated_virtual"
        )
        if not at.has("not_null") or has_value or "serial" in (change.data_type or ""):
            continue
        if at.is_emptied:
            what = "INSERTs of the running build, which does not know it, fail"
        elif step.server.dialect == "mysql":
            what = "existing rows get an implicit value, and INSERTs of the running build fail in strict mode"
        else:
            what = "the statement fails if the table has rows"
        yield Problem(
            f"adds {change.name} to {change.table} as NOT NULL without a server default: {what}",
            at,
            severity="warning" if at.is_emptied else None,
        )
