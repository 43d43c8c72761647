"""Rewrites revision files where that is certain: `alembic lint --fix`."""

from limbeck.lint.fix.rewrite import Change, Left, rewrite

__all__ = ["Change", "Left", "rewrite"]
