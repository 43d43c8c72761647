"""Plugins that come along but take part only where they are asked for by name."""
