"""Batch mode: the changes of one table gathered, and a new table made where ALTER will not do."""

from typing import TYPE_CHECKING

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
