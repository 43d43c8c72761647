"""Random databases and models: the differences that autogenerate finds, and the code that it writes."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
from support.servers import Server

from .autogenerate_cases import Maker
from .driver import SIDES, RandomCases, raised

#: Lines about an index that has a name in the database and none in the model.
_ABOUT_INDEXES = re.compile(
    r"(create|drop)_index\((\w+\.f\()?'ix_"
    r"|Detected (added index None|(removed|changed) index 'ix_)|^include_object: Index\("
    r"|batch_alter_table|^\s*pass$|^$|^\s*# ###"
)
#: Lines whose order comes from a set in Alembic.
_WITHOUT_ORDER = re.compile(
    r"drop_(table|column|constraint)\(|create_foreign_key\(|unique_constraint\(None|Detected sequence"
)


def lines(result: dict[str, Any]) -> Counter[str]:
    """Return the number of times that each line, or call of a hook, occurs in a result."""
    found = [*result["upgrade"].splitlines(), *result["downgrade"].splitlines()]
    # the last argument of a call has no comma
    more = (*result["log"], *result["warnings"], *result["calls"])
    return Counter(line.rstrip(",") for line in (*found, *more))


def has_index_without_name(case: Any) -> bool:
    """Return whether the model has an index that no convention gives a name."""
    convention = case["model"].get("convention")
    return (
        convention is not None
        and "ix" not in convention
        and any(
            any(column.get("index") for column in table.get("columns", []))
            or any(index["name"] is None for index in table.get("indexes", []))
            for table in case["model"].get("tables", [])
        )
    )


def leaves_no_table(case: Any) -> bool:
    """Return whether include_name excludes every table of some schema."""
    kinds, endings = case["options"].get("without_names", [(), ""])
    has_table: dict[str | None, bool] = {}
    for table in case["database"].get("tables", []):
        schema = table.get("kw", {}).get("schema")
        has_table[schema] = has_table.get(schema, False) or table["name"][-1] not in endings
    return "table" in kinds and not all(has_table.values())


#: The error of an index that has the same expression twice.
_TWICE_IN_INDEX = "sqlalchemy.exc.DuplicateColumnError"


def better(case: Any, ours: Any, theirs: Any) -> str | None:
    """Return the reason why a difference is accepted, or None."""
    if raised(theirs) in ("sqlalchemy.exc.ProgrammingError", "sqlalchemy.exc.DataError"):
        if case["options"].get("compare_server_default") and not raised(ours):
            return "Alembic fails if the server cannot compare a default"
        if case["options"].get("compare_server_default") and raised(ours) == _TWICE_IN_INDEX:
            return "Alembic fails at a default before it reads an index that fails with both"
        return None
    if not (
        isinstance(ours, dict) and isinstance(theirs, dict) and "log" in ours and "log" in theirs
    ):
        return None
    our_lines, their_lines = lines(ours), lines(theirs)
    if our_lines == their_lines and ours["warnings"] == theirs["warnings"]:
        text = "\n".join([ours["upgrade"], ours["downgrade"], *ours["log"]])
        return (
            "limbeck's order is always the same" if len(_WITHOUT_ORDER.findall(text)) > 1 else None
        )
    differing = [*(our_lines - their_lines), *(their_lines - our_lines)]
    only_skipped = all(line.startswith("Skipped unsupported reflection") for line in differing)
    if only_skipped and not our_lines - their_lines and leaves_no_table(case):
        return "if include_name excludes every table of a schema, Alembic reads them all"
    bare = [
        Counter(line.rstrip(",)") for line in found.elements())
        for found in (our_lines, their_lines)
    ]
    more_code = bare[0] - bare[1]
    if (
        more_code
        and not bare[1] - bare[0]
        and all("existing_server_default=sa.Identity" in c for c in more_code)
    ):
        return "limbeck says which identity a column has, without which PostgreSQL cannot change it"
    our_log: Counter[str] = Counter(ours["log"])
    their_log: Counter[str] = Counter(theirs["log"])
    more = their_log - our_log
    defaults = [text for text in more if "detected server default" in text]
    rest = [text for text in more if text not in defaults]
    rest += our_log - their_log  # a default among them is no reason
    about_indexes = has_index_without_name(case) and all(map(_ABOUT_INDEXES.search, rest))
    if defaults and (not rest or about_indexes):
        return "limbeck reports no default that the server only writes in another way"
    if has_index_without_name(case) and all(map(_ABOUT_INDEXES.search, differing)):
        return "limbeck finds an index that no convention names by the name that it has in the database"
    return None


def test_same_differences_on_sqlite(random_cases: RandomCases) -> None:
    random_cases.compare("autogenerate", Maker("sqlite").case, better=better)


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_same_differences_on_servers(
    random_cases: RandomCases, request: pytest.FixtureRequest, dialect: str
) -> None:
    server: Server = request.getfixturevalue(f"{dialect}_server")
    with ExitStack() as databases:
        environ = {
            side: {"LIMBECK_RANDOM_URL": databases.enter_context(server.database())}
            for side in SIDES
        }
        random_cases.compare("autogenerate", Maker(dialect).case, better=better, environ=environ)
