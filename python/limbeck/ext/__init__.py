"""Optional plugins, which are enabled by name."""
