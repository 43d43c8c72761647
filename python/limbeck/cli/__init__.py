"""The command line: parser, messages, completion, and the commands that Alembic does not have."""
