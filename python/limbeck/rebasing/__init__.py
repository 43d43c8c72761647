"""Moves revisions onto others by editing their `down_revision`, and guards a history that is to stay one line."""
