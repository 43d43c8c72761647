"""Fixtures of the tests of safe execution.

`own_mariadb_url`
    An empty database of a MariaDB server for this worker alone: `information_schema.innodb_trx` shows the transactions of all
    sessions of a server, also those of other tests.
`kind_url`
    An empty database of the test's parameter `kind`.
`filled_url`
    The same, with the table `t` of `backfills.create()`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from support import backfills, servers
from support.binaries import ServerUnavailable


@pytest.fixture(scope="session")
def own_mariadb_server() -> Iterator[servers.Server]:
    try:
        with servers.own_server(servers.MARIADB) as server:
            yield server
    except ServerUnavailable as error:
        if os.environ.get("LIMBECK_REQUIRE_SERVERS"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def own_mariadb_url(own_mariadb_server: servers.Server) -> Iterator[str]:
    with own_mariadb_server.database() as url:
        yield url


@pytest.fixture
def kind_url(request: pytest.FixtureRequest, kind: str) -> str:
    url: str = request.getfixturevalue(f"{kind}_url")
    return url


@pytest.fixture
def filled_url(kind_url: str) -> str:
    backfills.create(kind_url)
    return kind_url
