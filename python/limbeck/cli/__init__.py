"""The command line: parser, suggestions, completion, and limbeck's own commands."""
