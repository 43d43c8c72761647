"""Random sets of views, functions and triggers, edited at random: each revision runs, is complete, and is reverted."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.object_projects import ObjectProject

from .conftest import _seed

_COLUMNS = ("name", "Size", "user", "note", "e mail")
_EDITS = 3


@dataclass
class _View:
    source: str
    columns: list[str]
    number: int
    materialized: bool = False
    indexed: bool = False
    uses: str = ""


@dataclass
class _State:
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    views: dict[str, _View] = field(default_factory=dict)
    functions: dict[str, tuple[str, int]] = field(default_factory=dict)
    triggers: dict[str, tuple[str, int]] = field(default_factory=dict)

    def columns_of(self, source: str) -> list[str]:
        return list(self.tables[source]) if source in self.tables else self.views[source].columns[:]

    def type_of(self, source: str, column: str) -> str:
        while source in self.views:
            source = self.views[source].source
        return self.tables[source][column]

    def settle(self) -> None:
        """Drop what needs what is gone."""
        for trigger in [
            name for name, (table, _) in self.triggers.items() if table not in self.tables
        ]:
            del self.triggers[trigger]
        while True:
            for name, view in list(self.views.items()):
                if view.source not in self.tables and view.source not in self.views:
                    del self.views[name]
                    break
                known = self.columns_of(view.source)
                if any(column not in known for column in view.columns):
                    view.columns = [column for column in view.columns if column in known] or known[
                        :1
                    ]
                    break
                if view.uses and view.uses not in self.functions:
                    view.uses = ""
            else:
                return


def _new_view(rng: random.Random, state: _State, is_postgresql: bool) -> _View:
    source = rng.choice([*state.tables, *state.views])
    known = state.columns_of(source)
    columns = rng.sample(known, rng.randint(1, len(known)))
    materialized = is_postgresql and rng.random() < 0.3
    uses = rng.choice(list(state.functions)) if state.functions and rng.random() < 0.4 else ""
    return _View(source, columns, rng.randrange(9), materialized, rng.random() < 0.5, uses)


def _start(rng: random.Random, is_postgresql: bool) -> _State:
    state = _State()
    for number in range(rng.randint(1, 2)):
        chosen = rng.sample(_COLUMNS, rng.randint(2, 4))
        state.tables[f"t {number}" if rng.random() < 0.3 else f"t{number}"] = {
            column: rng.choice(["Integer", "Text"]) for column in chosen
        }
    if is_postgresql:
        for number in range(rng.randint(0, 2)):
            state.functions[f"f{number}"] = (rng.choice(["integer", "bigint"]), rng.randrange(9))
    for number in range(rng.randint(1, 4)):
        state.views[rng.choice(["v", "V w"]) + str(number)] = _new_view(rng, state, is_postgresql)
    for table in list(state.tables):
        if rng.random() < 0.5:
            state.triggers[f"g{len(state.triggers)}"] = (table, rng.randrange(9))
    return state


def _edit(rng: random.Random, state: _State, is_postgresql: bool, can_alter: bool) -> None:
    kind = rng.choice(
        ["add column", "drop column", "type", "view", "views", "new", "drop", "function", "trigger"]
    )
    table = rng.choice(list(state.tables))
    columns = state.tables[table]
    if kind == "add column":
        columns.setdefault("added", "Integer")
        for view in state.views.values():
            if view.source == table and rng.random() < 0.5:
                view.columns = [*dict.fromkeys([*view.columns, "added"])]
    elif kind == "drop column" and len(columns) > 1:
        del columns[rng.choice(list(columns))]
    elif kind == "type" and can_alter:
        column = rng.choice(list(columns))
        columns[column] = {"Integer": "BigInteger", "Text": "String(90)"}.get(
            columns[column], columns[column]
        )
    elif kind in ("view", "views"):
        for view in state.views.values() if kind == "views" else list(state.views.values())[:1]:
            view.number += 1
            rng.shuffle(view.columns)
            view.materialized = is_postgresql and rng.random() < 0.3
    elif kind == "new":
        state.views[f"new{len(state.views)}"] = _new_view(rng, state, is_postgresql)
    elif kind == "drop" and state.views:
        del state.views[rng.choice(list(state.views))]
    elif kind == "function" and state.functions:
        name = rng.choice(list(state.functions))
        if rng.random() < 0.3:
            del state.functions[name]
        else:
            state.functions[name] = (rng.choice(["integer", "bigint"]), rng.randrange(9))
    elif kind == "trigger":
        if state.triggers and rng.random() < 0.5:
            del state.triggers[rng.choice(list(state.triggers))]
        else:
            state.triggers["g0"] = (table, rng.randrange(9))
    state.settle()


def _models(state: _State) -> str:
    return "".join(
        f"sa.Table({table!r}, metadata, sa.Column('id', sa.Integer, primary_key=True), "
        + ", ".join(
            f"sa.Column({c!r}, sa.{t if '(' in t else t + '()'})" for c, t in columns.items()
        )
        + ")\n"
        for table, columns in state.tables.items()
    )


def _files(state: _State, dialect: str) -> dict[str, str]:
    def quoted(name: str) -> str:
        return f"`{name}`" if dialect == "mysql" else f'"{name}"'

    files: dict[str, list[str]] = {}
    for name, (type_, number) in state.functions.items():
        files.setdefault(name, []).append(
            f"CREATE FUNCTION {name}(a integer) RETURNS {type_} LANGUAGE sql AS $$ SELECT (a + {number})::{type_} $$"
        )
    for name, view in state.views.items():
        columns = ", ".join(map(quoted, view.columns))
        if view.uses:
            columns += f", {view.uses}({view.number}) AS used_{view.uses}"
        word = "MATERIALIZED VIEW" if view.materialized else "VIEW"
        text = f"CREATE {word} {quoted(name)} AS SELECT {columns} FROM {quoted(view.source)} WHERE 'a:b%' <> '{view.number}'"
        if view.materialized and view.indexed:
            index = quoted(f"ix {name}")
            text += f"; CREATE INDEX {index} ON {quoted(name)} ({quoted(view.columns[0])})"
        files.setdefault(name.lower(), []).append(text)
    for name, (table, number) in state.triggers.items():
        body = {
            "sqlite": f"AFTER INSERT ON {quoted(table)} BEGIN SELECT {number}; END",
            "mysql": f"BEFORE INSERT ON {quoted(table)} FOR EACH ROW BEGIN SET @x = {number}; END",
            "postgresql": f"BEFORE INSERT ON {quoted(table)} FOR EACH ROW WHEN (new.id > {number}) EXECUTE FUNCTION run()",
        }[dialect]
        files.setdefault(name, []).append(f"CREATE TRIGGER {name} {body}")
    if dialect == "postgresql":
        run = "CREATE FUNCTION run() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'"
        files["run"] = [run]
    return {name: ";\n".join(texts) for name, texts in files.items()}


def test_random_objects(database_url: str, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    dialect = sa.make_url(database_url).get_backend_name().replace("mariadb", "mysql")
    is_postgresql = dialect == "postgresql"
    seed = _seed(pytestconfig)
    for number in range(pytestconfig.getoption("random_cases", None) or 3):
        rng = random.Random(f"{seed} {dialect} {number}")
        batch = dialect == "sqlite" and rng.random() < 0.7
        project = ObjectProject(tmp_path / str(number), database_url)
        state = _start(rng, is_postgresql)
        state.settle()
        states = [state]
        written: set[str] = set()
        for _ in range(_EDITS + 1):
            files = _files(state, dialect)
            options = f"options = {{'render_as_batch': {batch}}}\n"
            project.models(options + _models(state))
            project.declare(dict.fromkeys(written))
            project.declare(files)
            written = set(files)
            try:
                project.migrate()
            except Exception as error:
                history = "\n".join(map(str, states))
                raise AssertionError(
                    f"case {number}, batch {batch}:\n{history}\n{error}"
                ) from error
            state = deepcopy(state)
            _edit(rng, state, is_postgresql, can_alter=batch or dialect != "sqlite")
            states.append(state)
        project.reset()
