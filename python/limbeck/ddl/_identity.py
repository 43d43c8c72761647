"""Comparison of identity columns by their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.schema import Identity, Sequence

Comparison = tuple[set[str], set[str], bool]


def compare_identities(
    metadata: Identity | Sequence | None,
    inspected: Identity | Sequence | None,
    unsupported: Collection[str],
) -> Comparison:
    """Compare the identity of a column in the model with that in the database.

    A database reports every option, a model only those that were given. An option that the model
    leaves out therefore does not count as a difference.

    :param metadata: the identity in the model; `None` if the column has none.
    :param inspected: the identity in the database; `None` if the column has none.
    :param unsupported: options that the backend does not have, or does not report.
    :return: the options that differ, those that only the database has, and whether the column has
     to be altered.
    """
    wanted = sqla_compat._get_identity_options_dict(metadata, dialect_kwargs=True)
    present = sqla_compat._get_identity_options_dict(inspected, dialect_kwargs=True)
    dialect_options = set(getattr(metadata, "dialect_kwargs", ()))
    # A dialect's option, such as `oracle_order`, is compared only if the database reports it.
    differing = {
        name
        for name, value in wanted.items()
        if name not in unsupported
        and (name in present or name not in dialect_options)
        and present.get(name) != value
    }
    # A column without an identity counts as `always=False`.
    differing.discard("always")
    if bool(wanted.get("always")) != bool(present.get("always")):
        differing.add("always")
    only_present = set(present) - set(wanted) - {"always"}
    one_sided = (metadata is None) != (inspected is None)
    return differing, only_present, bool(differing) or one_sided
