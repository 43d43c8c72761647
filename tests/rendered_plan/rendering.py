"""Renders a project's plan and runs it, in one process."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from limbeck.rendered_plan import RenderedStep, Settings, render
from support import projects

#: What the driver gets: the text and its parameters.
Executed = tuple[str, Any]


def write(folder: Path, url: str, bodies: Sequence[str]) -> ScriptDirectory:
    """Write a project with a revision for each body, and return its directory."""
    projects.make(folder, url)
    projects.chain(folder, len(bodies), dict(enumerate(bodies)))
    return ScriptDirectory(str(folder / "migrations"))


def rendered(
    directory: ScriptDirectory, url: str, heads: tuple[str, ...] = (), **options: Any
) -> list[RenderedStep]:
    """Return the rendered plan to the heads, for the dialect of a URL that is not connected to."""
    address = sa.make_url(url)
    dialect = address.get_dialect()()
    steps = directory._upgrade_revs("heads", heads)
    return list(render(steps, heads, Settings(dialect, address, options)))


def one(folder: Path, body: str, url: str = "postgresql+psycopg://user@host/shop") -> RenderedStep:
    """Return the rendered step of a revision with a body."""
    (step,) = rendered(write(folder, url, [body]), url)
    return step


def rendered_and_executed(
    directory: ScriptDirectory, url: str, **options: Any
) -> tuple[list[RenderedStep], list[Executed]]:
    """Render the plan of a database to the heads, run it, and return what the driver got during the run."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    executed: list[Executed] = []

    def record(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> None:
        executed.append((statement, parameters or None))

    plan: list[RenderedStep] = []

    def plan_steps(heads: Any, context: Any) -> Any:
        steps = directory._upgrade_revs("heads", heads)
        plan.extend(render(steps, heads, Settings.of(context, {})))
        sa.event.listen(engine, "before_cursor_execute", record)
        return directory._upgrade_revs("heads", heads)

    environment = EnvironmentContext(Config(), directory, fn=plan_steps)
    with environment, engine.connect() as connection:
        environment.configure(connection=connection, **options)
        with environment.begin_transaction():
            environment.run_migrations()
    return plan, executed


def statements(plan: Sequence[RenderedStep]) -> list[Executed]:
    """Return what the driver is expected to get."""
    return [
        (statement.sql, statement.parameters or None)
        for step in plan
        for statement in (*step.statements, *step.version_statements)
    ]


def shuffled_bodies(seed: int) -> list[str]:
    """Return bodies whose directives depend on the tables that they made."""
    rnd = random.Random(seed)
    bodies = []
    for number in range(rnd.randint(1, 4)):
        table = f"t{number}"
        columns = [f"c{column}" for column in range(rnd.randint(1, 4))]
        types = (
            "sa.Integer",
            "sa.String(20)",
            "sa.Boolean",
            f"sa.Enum('x', 'y', name='e{number}')",
        )
        made = ", ".join(
            f"sa.Column({name!r}, {rnd.choice(types)}, nullable=True{rnd.choice(('', ', index=True'))})"
            for name in columns
        )
        lines = [
            f"op.create_table({table!r}, sa.Column('id', sa.Integer, primary_key=True), {made})"
        ]
        later = [
            f"op.add_column({table!r}, sa.Column('n', sa.String(9), server_default='a''b'))",
            f"op.create_index('ix_{table}_more', {table!r}, [{columns[0]!r}, 'id'], unique=True)",
            f"op.bulk_insert(sa.table({table!r}, sa.column('id')), [{{'id': 1}}, {{'id': 2}}])",
            f"op.bulk_insert(sa.table({table!r}, sa.column('id')), [])",
            f"op.execute(sa.text('UPDATE {table} SET id = id + :more').bindparams(more=5))",
            f"op.execute('DELETE FROM {table} WHERE id > 90')",
            f"op.get_bind().execute(sa.table({table!r}, sa.column('id')).insert().values(id=50))",
            "op.get_bind().execute(sa.text('SELECT 1'))",
            f"op.get_bind().exec_driver_sql('UPDATE {table} SET id = 60 WHERE id = 50')",
            f"with op.batch_alter_table({table!r}) as batch:\n"
            "    batch.add_column(sa.Column('m', sa.Integer))\n"
            "    batch.create_index('ix_m_" + table + "', ['m'])",
            f"with op.get_context().autocommit_block():\n    op.execute('UPDATE {table} SET id = id')",
            f"for name in ('p', 'q'):\n    op.add_column({table!r}, sa.Column(name, sa.Integer))",
            f"with op.get_bind().begin_nested():\n    op.execute('UPDATE {table} SET id = id')",
            f"sa.Table('x{number}', sa.MetaData(), sa.Column('id', sa.Integer)).create(op.get_bind(), checkfirst=False)",
        ]
        lines += rnd.sample(later, rnd.randint(0, len(later)))
        bodies.append("\n".join(lines))
    return bodies
