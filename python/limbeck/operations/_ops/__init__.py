"""The operation classes; `limbeck.operations.ops` exports them."""
