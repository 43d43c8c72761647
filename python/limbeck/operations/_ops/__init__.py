"""The operation objects, one small module per concept; `limbeck.operations.ops` shows them all."""
