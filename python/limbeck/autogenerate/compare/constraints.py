"""The plugin of indexes, unique constraints, foreign keys and NOT NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.autogenerate.compare.foreign_keys import _compare_foreign_keys
from limbeck.autogenerate.compare.indexes import _compare_indexes_and_uniques
from limbeck.autogenerate.compare.nullable import _compare_nullable

if TYPE_CHECKING:
    from limbeck.runtime.plugins import Plugin


def setup(plugin: Plugin) -> None:
    """Register the comparators of this plugin."""
    plugin.add_autogenerate_comparator(_compare_indexes_and_uniques, "table", "indexes")
    plugin.add_autogenerate_comparator(_compare_foreign_keys, "table", "foreignkeys")
    plugin.add_autogenerate_comparator(_compare_nullable, "column", "nullable")
