"""Random models with `compare = roundtrip`: what `create_all()` makes does not differ, and one real change is found."""

from __future__ import annotations

import copy
import random
import time
import warnings
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import compare_metadata
from limbeck.migration import MigrationContext

from . import run_autogenerate
from .autogenerate_cases import Maker
from .conftest import _seed

_OPTIONS = {"compare": "roundtrip", "compare_server_default": True}
_CONDITIONS = [
    "id>{n}",
    "id in ({n}, 7, 8)",
    "(id) BETWEEN {n} AND 90 or id<>3",
    "abs(id) + id*2 >= {n}",
    "NOT (id = {n})",
    "id IS NOT NULL and (id < {n} OR id > 50)",
    "CASE WHEN id > {n} THEN 1 ELSE 0 END = 1",
]
_TEXT_CONDITIONS = [
    "{q}Text x{q} <> 'n{n}'",
    "{q}Text x{q} IN ('a', 'b{n}')",
    "lower({q}Text x{q}) = 'it''s {n}'",
    "{q}Text x{q} LIKE 'a%{n}'",
    "length({q}Text x{q}) > {n}",
]
_NUMBERS = ["{n}", "1+{n}", "abs( -{n} )", "({n})", "coalesce(NULL, {n})"]
_COMPUTED = ["id+{n}", "(id)*{n}", "CASE when id>{n} then 1 else {n} end", "abs(id - {n})"]
_KINDS = ["check", "text check", "default", "text default", "type", "computed", "index", "where"]


def _changes(rng: random.Random, dialect: str, n: dict[str, int]) -> Any:
    """Return a function that gives a table the parts in which the two models may differ."""
    quote = "`" if dialect == "mariadb" else '"'
    check, text_check = rng.choice(_CONDITIONS), rng.choice(_TEXT_CONDITIONS)
    number, computed = rng.choice(_NUMBERS), rng.choice(_COMPUTED)
    entry = rng.choice(
        ["c['id'] + {n}", "sa.func.abs(c['id'] - {n})", "sa.func.lower(c['Text x'] + 'n{n}')"]
    )
    where = rng.choice(_CONDITIONS[:1] + _CONDITIONS[2:6])
    types = rng.choice(
        [
            ["sa.String(30)", "sa.String(31)", "sa.Text()"],
            ["sa.Numeric(8, 2)", "sa.Numeric(8, 3)", "sa.Numeric(9, 2)"],
            ["sa.Integer()", "sa.BigInteger()", "sa.SmallInteger()"],
            ["sa.Date()", "sa.DateTime()", "sa.Time()"],
        ]
    )

    def add(table: Any) -> None:
        def text(template: str, kind: str) -> str:
            return template.replace("{q}", quote).replace("{n}", str(n[kind]))

        table["columns"] += [
            {"name": "Text x", "type": "sa.String(40)"},
            {
                "name": "number",
                "type": "sa.Integer()",
                "server_default": f"sa.text({text(number, 'default')!r})",
            },
            {
                "name": "words",
                "type": "sa.String(40)",
                "server_default": repr(f"it's {n['text default']}: \\ 50%"),
            },
            {"name": "typed", "type": types[n["type"] % 3]},
            {
                "name": "made",
                "type": "sa.Integer()",
                "extra": [f"sa.Computed({text(computed, 'computed')!r}, persisted=True)"],
            },
        ]
        table["checks"] = [
            {"text": text(check, "check"), "kw": {"name": "real"}},
            {"text": text(text_check, "text check"), "kw": {"name": "real text"}},
        ]
        if dialect != "mariadb":
            table["indexes"] += [
                {
                    "name": f"real {table['name'][:9]}",
                    "entries": ["c['Text x'].desc()", text(entry, "index")],
                    "kw": {},
                },
                {
                    "name": f"where {table['name'][:9]}",
                    "entries": ["c['number']"],
                    "kw": {f"{dialect}_where": f"sa.text({text(where, 'where')!r})"},
                },
            ]

    return add


def _case(rng: random.Random, dialect: str) -> tuple[Any, Any, str]:
    """Return a model, one that differs in one part, and the kind of that part."""
    case = Maker(dialect).case(rng)["database"]
    kinds = [kind for kind in _KINDS if dialect != "mariadb" or kind not in ("index", "where")]
    numbers = {kind: rng.randint(2, 20) for kind in _KINDS}
    kind = rng.choice(kinds)
    changed = copy.deepcopy(case)
    state = rng.getstate()
    for model, found in ((case, numbers), (changed, {**numbers, kind: numbers[kind] + 1})):
        rng.setstate(state)
        _changes(rng, dialect, found)(model["tables"][0])
    return case, changed, kind


def _compare(connection: sa.Connection, model: Any) -> tuple[list[Any], list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metadata = run_autogenerate._metadata(model)
        context = MigrationContext.configure(
            connection, opts={**_OPTIONS, "include_schemas": connection.dialect.name != "mysql"}
        )
        found = list(compare_metadata(context, metadata))
    connection.rollback()
    return found, [str(one.message) for one in caught if "Computed" in str(one.message)]


def test_only_real_changes_differ(
    database_url: str, pytestconfig: pytest.Config, record_property: Any
) -> None:
    kind = sa.make_url(database_url).get_backend_name().replace("mysql", "mariadb")
    seed, cases = _seed(pytestconfig), pytestconfig.getoption("random_cases", None)
    end = time.monotonic() + 60 * float(pytestconfig.getoption("random_minutes", 1.0))
    engine = sa.create_engine(database_url)
    number = compared = 0
    faults: list[str] = []
    while number < cases if cases is not None else time.monotonic() < end:
        number += 1
        rng = random.Random(f"{seed} {kind} {number}")
        model, changed, part = _case(rng, kind)
        if kind == "sqlite" and "'schema': 'other'" in str(model):
            continue  # an attached database has no scratch database
        with engine.connect() as connection:
            run_autogenerate._create_schema(connection)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    run_autogenerate._metadata(model).create_all(connection)
                    connection.commit()
            except (sa.exc.SQLAlchemyError, AssertionError):
                connection.rollback()
            else:
                compared += 1
                found = _compare(connection, model)
                if found != ([], []):
                    faults.append(f"case {number}: differs: {str(found)[:600]}")
                found = _compare(connection, changed)
                if found == ([], []):
                    faults.append(f"case {number}: a changed {part} is not found")
            finally:
                connection.rollback()
                run_autogenerate._drop_all(connection)
    engine.dispose()
    record_property("models", compared)
    print(f"{kind}: {compared} of {number} models compared")
    assert compared
    assert not faults, "\n".join([f"{len(faults)} of {compared} models", *faults[:20]])
