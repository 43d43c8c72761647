"""Hooks and custom comparators are called as often, in the same order and with equal arguments with short cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

import pytest
import sqlalchemy as sa
from autogenerate.schemas import model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limbeck import short_cuts
from limbeck.autogenerate import compare_metadata
from limbeck.autogenerate.compare import util
from limbeck.migration import MigrationContext
from limbeck.runtime.plugins import Plugin
from limbeck.util.dispatch import PriorityDispatchResult

_SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

#: The hooks, and an answer that changes nothing.
_HOOKS = {
    "include_object": True,
    "include_name": True,
    "compare_type": None,
    "compare_server_default": None,
}


class _Recorder:
    """Hooks that record their calls.

    :param seed: decides which objects the hooks reject, with `rejects`.
    :param rejects: of how many answers one is not neutral; 0 for none.
    """

    def __init__(self, seed: int, rejects: int) -> None:
        self.calls: list[str] = []
        self._seed = seed
        self._rejects = rejects

    def hook(self, name: str) -> Callable[..., Any]:
        def record(*arguments: Any) -> Any:
            call = f"{name}{tuple(map(described, arguments))}"
            self.calls.append(call)
            neutral = _HOOKS[name]
            if self._rejects == 0 or crc32(f"{self._seed}{call}".encode()) % self._rejects:
                return neutral
            return not neutral

        return record

    def comparator(self, target: str) -> Callable[..., Any]:
        def compare(context: Any, found: Any, *arguments: Any) -> PriorityDispatchResult:
            state = len(found.ops) if target == "table" else vars(found)
            self.calls.append(f"{target}{tuple(map(described, arguments))}{described(state)}")
            return PriorityDispatchResult.CONTINUE

        return compare


def described(value: Any) -> str:
    """Return an argument as text, which is equal for equal objects."""
    if isinstance(value, sa.Table):
        parts = sorted(described(part) for part in (*value.indexes, *value.constraints))
        return f"table {value.fullname} {[described(c) for c in value.c]} {parts} {value.comment}"
    if isinstance(value, sa.Column):
        default = described(value.server_default)
        keys = sorted(key.target_fullname for key in value.foreign_keys)
        return f"column {value} {value.type!r} {value.nullable} {default} {value.comment} {keys}"
    if isinstance(value, (sa.Index, sa.Constraint)):
        columns: Any = getattr(value, "expressions", getattr(value, "columns", ()))
        return f"{type(value)} {value.name!r} {[str(column) for column in columns]}"
    if isinstance(value, sa.schema.FetchedValue):
        argument: Any = getattr(value, "arg", getattr(value, "sqltext", None))
        return f"{type(value)} {argument}"
    if isinstance(value, sa.types.TypeEngine) or value is None:
        return repr(value)
    if isinstance(value, dict):
        return str({str(key): described(entry) for key, entry in value.items()})
    if isinstance(value, (str, int)):
        return f"{type(value).__name__} {value!r}"
    return str(type(value))


@contextmanager
def _comparators(recorder: _Recorder) -> Iterator[None]:
    plugins = []
    for target in ("table", "column"):
        plugin = Plugin(f"recorded.{target}")
        plugin.add_autogenerate_comparator(recorder.comparator(target), target, "recorded")
        plugins.append(plugin)
    try:
        yield
    finally:
        for plugin in plugins:
            plugin.remove()


def calls(
    connection: sa.Connection, metadata: sa.MetaData, names: set[str], seed: int, rejects: int
) -> tuple[list[str], str]:
    """Return the calls of the hooks and comparators of these names, and the findings."""
    recorder = _Recorder(seed, rejects)
    options: dict[str, Any] = {"compare_server_default": True}
    options |= {name: recorder.hook(name) for name in names & _HOOKS.keys()}
    options["autogenerate_plugins"] = [
        "alembic.autogenerate.*",
        *(f"recorded.{target}" for target in sorted(names - _HOOKS.keys())),
    ]
    with _comparators(recorder):
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return recorder.calls, repr([described(part) for change in found for part in change])


@pytest.mark.parametrize("few", [0, 20])
@settings(max_examples=12, deadline=None, database=None, suppress_health_check=_SUPPRESSED)
@given(
    seed=st.integers(0, 100_000),
    names=st.sets(st.sampled_from([*_HOOKS, "table", "column"]), min_size=1),
    rejects=st.sampled_from([0, 0, 5, 30]),
)
def test_hooks_get_the_same_calls(
    seed: int,
    names: set[str],
    rejects: int,
    few: int,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(util, "_FEW", few)
    engine = sa.create_engine(database_url)
    dialect = engine.dialect.name
    before = model(seed, dialect)
    with engine.begin() as connection:
        before.create_all(connection)
    try:
        with engine.connect() as connection:
            for changed in (False, True):
                results = []
                for enabled in (True, False):
                    monkeypatch.setattr(short_cuts, "enabled", enabled)
                    other = model(seed, dialect, changed=changed)
                    results.append(calls(connection, other, names, seed, rejects))
                assert results[0] == results[1]
    finally:
        with engine.begin() as connection:
            before.drop_all(connection)
        engine.dispose()


@pytest.mark.parametrize("name", _HOOKS)
def test_hook_that_changes_the_model_is_respected(
    database_url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook adds an index to the model, and NOT NULL, when it is called first."""
    engine = sa.create_engine(database_url)

    def make() -> sa.MetaData:
        metadata = sa.MetaData()
        columns = [sa.Column(name, sa.Integer, server_default="1") for name in "ab"]
        sa.Table("t", metadata, *columns)
        return metadata

    with engine.begin() as connection:
        make().create_all(connection)
    found = []
    with engine.connect() as connection:
        for enabled in (True, False):
            monkeypatch.setattr(short_cuts, "enabled", enabled)
            metadata = make()
            table = metadata.tables["t"]

            def hook(*_: Any, table: sa.Table = table) -> Any:
                if not table.indexes:
                    sa.Index("ix", table.c.a)
                table.c.b.nullable = False
                return _HOOKS[name]

            context = MigrationContext.configure(connection, opts={name: hook})
            found.append(repr(compare_metadata(context, metadata)))
    engine.dispose()
    assert "add_index" in found[0]
    assert found[0].split(" at 0x")[0] == found[1].split(" at 0x")[0]
