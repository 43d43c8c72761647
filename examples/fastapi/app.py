"""A service that upgrades its database before it answers the first request."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import limbeck.aio
import sqlalchemy as sa
from alembic.config import Config
from fastapi import FastAPI, Response

URL = os.environ.get("DATABASE_URL", "sqlite:///notes.db")

engine = sa.create_engine(URL)
notes = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(200), nullable=False),
)


def alembic_config() -> Config:
    """Return the configuration in alembic.ini, with the URL of this process."""
    config = Config(str(Path(__file__).parent / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", URL.replace("%", "%%"))
    return config


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Migrate, then serve."""
    config = alembic_config()
    app.state.migrated = await limbeck.aio.upgrade(config, "head", lock=True)
    yield
    engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health(response: Response) -> dict[str, Any]:
    """Return the status of the database, with HTTP status 503 unless it is at the head of this build."""
    status = await limbeck.aio.status(alembic_config())
    if not status.at_head:
        response.status_code = 503
    steps = [step.revision for step in app.state.migrated.steps]
    return {"state": status.state, "applied": status.applied, "ran": steps, "pid": os.getpid()}


@app.get("/notes")
def read_notes() -> list[str]:
    """Return all notes."""
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(notes.c.text).order_by(notes.c.id)))


@app.post("/notes", status_code=201)
def write_note(text: str) -> None:
    """Add a note."""
    with engine.begin() as connection:
        connection.execute(notes.insert().values(text=text))
