"""Batch mode: collects the changes of a table, and rebuilds the table where ALTER is not enough."""

from typing import TYPE_CHECKING

from limbeck.operations._batch.rebuild import ApplyBatchImpl
from limbeck.operations._batch.recorder import BatchOperationsImpl
from limbeck.util.sqla_compat import constraint_name_defined, constraint_name_string

__all__ = [
    "TYPE_CHECKING",
    "ApplyBatchImpl",
    "BatchOperationsImpl",
    "constraint_name_defined",
    "constraint_name_string",
]
