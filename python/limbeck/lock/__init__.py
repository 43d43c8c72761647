"""The migration lock (`--lock`): one process migrates a database, the others wait."""
