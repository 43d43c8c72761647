"""NOT NULL on a table that exists, in three steps: nullable, an UPDATE with a value to fill in, NOT NULL."""
