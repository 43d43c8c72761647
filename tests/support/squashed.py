"""The database of one revision compared with that of the revisions that it replaces."""

import os
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from limbeck.squashing.body import Body

from support.binaries import need_program
from support.compare import describe


def replace_chain(versions: Path, body: Body, first: int = 0) -> None:
    """Replace the revisions from the number `first` on, whose files sort by name, by one with a body, as `squash` does."""
    files = sorted(versions.glob("*.py"))
    for file in files[first:]:
        file.unlink()
    write_revision(versions, files[-1].stem, body, files[first - 1].stem if first else None)


def write_revision(versions: Path, name: str, body: Body, down: str | None = None) -> None:
    """Write a revision file with a body."""
    lines = [*body.imports, f"revision = {name!r}", f"down_revision = {down!r}"]
    for function in ("upgrade", "downgrade"):
        lines += [f"def {function}():", textwrap.indent(getattr(body, function), "    ")]
    (versions / f"{name}.py").write_text("\n".join([*lines, ""]))


def contents(url: str) -> Any:
    """Return what a database has, by a program that is not limbeck's."""
    address = sa.make_url(url)
    if address.get_backend_name() != "postgresql":
        tables = describe(url)["tables"]
        for table in tables.values():
            for column in table["columns"]:
                # SQLite keeps the inner parentheses of an expression.
                column["default"] = column["default"].strip("() \n")
            # A condition is an object of SQLAlchemy.
            table["indexes"] = [re.sub(r" at 0x\w+", "", index) for index in table["indexes"]]
        return {name: tables[name] for name in tables if name != "alembic_version"}
    done = subprocess.run(
        [
            # Of the same version as the server.
            str(
                Path(need_program("initdb", install="apt-get install postgresql")).with_name(
                    "pg_dump"
                )
            ),
            *("--inserts", "-h", str(address.host), "-p", str(address.port)),
            *("-U", str(address.username), "-T", "alembic_version", str(address.database)),
        ],
        env={**os.environ, "PGPASSWORD": str(address.password)},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.MULTILINE)
