"""Many revisions replaced by one, which makes the same."""
