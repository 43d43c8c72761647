"""Batch mode; `limbeck.operations.batch` exports the public classes."""
