"""Works through a queue of jobs, on a database that it brings to the head first: `python worker.py JOB...`.

All of it happens in one event loop. `alembic.command.upgrade()` could not be called there: env.py calls `asyncio.run()`,
which a running loop does not allow.
"""

import asyncio
import sys
from pathlib import Path

from alembic.config import Config
from limbeck import aio
from models import Job
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

config = Config(str(Path(__file__).parent / "alembic.ini"))
# Logging is this application's own affair: env.py leaves it alone.
config.attributes["configure_logger"] = False


async def migrate() -> None:
    """Bring the database to the head; of several workers that start at once, one does it and the others wait."""
    before = await aio.status(config)
    print(f"database {before.state}, to be applied: {len(before.pending)}")
    done = await aio.upgrade(config, "head", lock=True)
    for step in done.steps:
        print(f"{step.direction} {step.revision}, {step.doc}")


async def work(session: AsyncSession) -> None:
    """Do what is to be done."""
    for job in await session.scalars(
        select(Job).where(~Job.done).order_by(Job.priority.desc(), Job.id)
    ):
        print(f"job {job.id}: {job.what}")
        job.done = True
    await session.commit()


async def main(wanted: list[str]) -> None:
    """Migrate, put new jobs into the queue, and work."""
    await migrate()
    engine = create_async_engine(config.get_main_option("sqlalchemy.url", ""))
    async with AsyncSession(engine) as session:
        session.add_all(Job(what=what) for what in wanted)
        await work(session)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
