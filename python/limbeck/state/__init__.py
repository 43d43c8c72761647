"""The status of a database relative to the revision files: `status`, `wait`, and the version table readers."""
