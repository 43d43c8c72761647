"""The name in generated revisions for which a person has to write a value; no module defines it."""

FILL_IN = "FILL_IN"
