"""Upgrade the database, add jobs to the queue in it, and do all jobs: `python worker.py JOB...`.

Everything runs in one event loop. `alembic.command.upgrade()` cannot be called there, because env.py calls `asyncio.run()`.
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
# Keeps env.py from configuring logging, which is up to the application.
config.attributes["configure_logger"] = False


async def migrate() -> None:
    """Upgrade the database to the head. Of several workers that start together, one does it and the others wait."""
    before = await aio.status(config)
    print(f"database {before.state}, pending revisions: {len(before.pending)}")
    done = await aio.upgrade(config, "head", lock=True)
    for step in done.steps:
        print(f"{step.direction} {step.revision}, {step.doc}")


async def work(session: AsyncSession) -> None:
    """Do all jobs that are not done."""
    for job in await session.scalars(
        select(Job).where(~Job.done).order_by(Job.priority.desc(), Job.id)
    ):
        print(f"job {job.id}: {job.what}")
        job.done = True
    await session.commit()


async def main(jobs: list[str]) -> None:
    """Migrate, add jobs to the queue, and work."""
    await migrate()
    engine = create_async_engine(config.get_main_option("sqlalchemy.url", ""))
    async with AsyncSession(engine) as session:
        session.add_all(Job(what=what) for what in jobs)
        await work(session)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
