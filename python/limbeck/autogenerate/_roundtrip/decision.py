"""Decides whether a part of a table differs: by its text, or as the server writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.settings.limbeck_section import COMPARE, Settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Index

    from limbeck.autogenerate.context import AutogenContext

#: The parts of a table that a server may write otherwise than the model. Those of a column have its name, and a unique constraint without
#: a name has the sorted names of its columns: for the columns of the primary key, a server makes none.
Kind = Literal[
    "type", "default", "computed", "identity", "check", "index", "unique", "unnamed unique"
]


class ByText:
    """The comparison of texts, which is the default."""

    #: Whether a server is asked.
    asks_server = False

    def differs(
        self,
        kind: Kind,
        table: tuple[str | None, str],
        name: str,
        *,
        by_text: bool,
        is_certain: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Return whether a part of a table that both sides have differs.

        :param kind: the kind of the part.
        :param table: the schema and the name of the table in the model.
        :param name: the name of the part.
        :param by_text: whether it differs in text.
        :param is_certain: returns whether equal texts mean equal parts.
        """
        return by_text

    def shows_more_indexes(self, table: tuple[str | None, str]) -> bool:
        """Return whether :meth:`index` reads the indexes of a table that reflection does not show."""
        return False

    def index(self, table: tuple[str | None, str], name: str) -> Index | None:
        """Return an index of the database that reflection does not show; `None` if there is none."""
        return None

    def close(self) -> None:
        """Drop the scratch database, if one was made."""


def decision(context: AutogenContext) -> ByText:
    """Return how a comparison decides.

    :param context: the context of the comparison.
    :raises CommandError: the option of env.py is invalid.
    """
    asked = context.opts.get("compare")
    environment = getattr(context.migration_context, "environment_context", None)
    if asked is None and environment is not None:
        asked = Settings.read(environment.config).compare
    if asked not in (None, *COMPARE):
        raise CommandError(
            f"The option `compare` of env.py is not {' or '.join(COMPARE)}: '{asked}'"
        )
    if asked != "roundtrip":
        return ByText()
    # Imported here for start-up time.
    from limbeck.autogenerate._roundtrip.roundtrip import Roundtrip

    return Roundtrip(context)
