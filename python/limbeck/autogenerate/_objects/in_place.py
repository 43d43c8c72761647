"""The statements that change an object without dropping it."""

from __future__ import annotations

from collections.abc import Collection

from limbeck.autogenerate._objects.objects import Item, Key

_TYPE, _DEFAULT, _NOT_NULL = range(3)


def statements(
    old: Item, new: Item, dialect: str, replaceable: Collection[Key]
) -> tuple[str, ...] | None:
    """Return the statements that make one definition of an object of another; `None` if it has to be dropped.

    :param old: the object as it is.
    :param new: the object as it has to be.
    :param dialect: SQLAlchemy's name of the dialect.
    :param replaceable: the functions that the server has replaced on a scratch database, in both directions.
    """
    kind = old.key.kind
    if kind == "comment":
        return new.create
    if kind == "sequence":
        return tuple(text.replace("CREATE", "ALTER", 1) for text in new.create)
    if kind == "domain":
        return _domain(old, new)
    if kind in ("function", "procedure"):  # pg_get_functiondef() writes CREATE OR REPLACE
        return new.create if old.key in replaceable else None
    # A view of PostgreSQL keeps its columns, and may get more.
    if kind == "view" and dialect != "sqlite" and new.shape[: len(old.shape)] == old.shape:
        return tuple(text.replace("CREATE", "CREATE OR REPLACE", 1) for text in new.create)
    return None


def _domain(old: Item, new: Item) -> tuple[str, ...] | None:
    if old.shape[_TYPE] != new.shape[_TYPE]:
        return None
    head = f"ALTER DOMAIN {old.key.name}"
    parts: list[str] = []
    if old.shape[_DEFAULT] != new.shape[_DEFAULT]:
        default = new.shape[_DEFAULT]
        parts.append(f"SET DEFAULT {default}" if default else "DROP DEFAULT")
    if old.shape[_NOT_NULL] != new.shape[_NOT_NULL]:
        parts.append(f"{'SET' if new.shape[_NOT_NULL] == 'true' else 'DROP'} NOT NULL")
    before, after = old.shape[_NOT_NULL + 1 :], new.shape[_NOT_NULL + 1 :]
    parts += [f"DROP CONSTRAINT {_name(text)}" for text in before if text not in after]
    parts += [f"ADD CONSTRAINT {text}" for text in after if text not in before]
    return tuple(f"{head} {part}" for part in parts)


def _name(constraint: str) -> str:
    """Return the name of a constraint, which may be quoted, from its definition."""
    if not constraint.startswith('"'):
        return constraint.partition(" ")[0]
    end = constraint.replace('""', "__").index('"', 1)
    return constraint[: end + 1]
