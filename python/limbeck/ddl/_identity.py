"""Comparing identity columns by their options."""

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
    """Find the options in which a model's identity departs from the database's.

    A database reports every option, a model only those that someone chose; so an option
    that the model leaves open is no difference.

    :param metadata: of the model; `None` where the column is to have none.
    :param inspected: of the database; likewise.
    :param unsupported: options that the backend has not, or does not report.

    Gives the options that differ, those that only the database states, and whether
    anything is to be altered at all.
    """
    wanted = sqla_compat._get_identity_options_dict(metadata, dialect_kwargs=True)
    present = sqla_compat._get_identity_options_dict(inspected, dialect_kwargs=True)
    of_dialects = set(getattr(metadata, "dialect_kwargs", ()))
    differing = {
        name
        for name, value in wanted.items()
        if name not in unsupported
        and (name in present or name not in of_dialects)
        and present.get(name) != value
    }
    # "always" is a choice of two, which a plain column counts as not made.
    differing.discard("always")
    if bool(wanted.get("always")) != bool(present.get("always")):
        differing.add("always")
    only_present = set(present) - set(wanted) - {"always"}
    one_sided = (metadata is None) != (inspected is None)
    return differing, only_present, bool(differing) or one_sided
