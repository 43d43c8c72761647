"""Pytest plugin: a suite that would start PostgreSQL in a container gets a running server.

`CONFORMANCE_POSTGRESQL` is the server's SQLAlchemy URL.
"""

import os
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from pytest_mock_resources.container import base


def _configure_running_server(pytestconfig: Any, config: Any, **kwargs: Any) -> Iterator[Any]:
    if "postgres" not in type(config).__name__.lower():
        raise RuntimeError(f"{type(config).__name__}: only PostgreSQL is at hand")
    url = sa.make_url(os.environ["CONFORMANCE_POSTGRESQL"])
    config.set("host", url.host)
    config.set("port", url.port)
    config.set("username", url.username)
    config.set("password", url.password)
    config.set("root_database", url.database)
    yield config


base.get_container = _configure_running_server
