"""Batch mode, one concept per module; `limbeck.operations.batch` shows what is public."""
