"""Batch mode: the changes of one table gathered, and a new table made where ALTER will not do."""

from typing import TYPE_CHECKING

from .._on_use import show_on_use
from ..util.sqla_compat import constraint_name_defined, constraint_name_string
from ._batch.rebuild import ApplyBatchImpl
from ._batch.recorder import BatchOperationsImpl

__all__ = [
    "TYPE_CHECKING",
    "ApplyBatchImpl",
    "BatchOperationsImpl",
    "constraint_name_defined",
    "constraint_name_string",
]

show_on_use(globals())
