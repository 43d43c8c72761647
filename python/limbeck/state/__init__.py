"""The state of a database against the revision files: `status`, `wait`, and the ways to read the version table."""
