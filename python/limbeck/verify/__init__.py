"""Checks on a scratch database that each revision can be applied, reverted and applied again."""

from limbeck.verify.new_revision import RevisionNotVerified
from limbeck.verify.types import Finding, Report
from limbeck.verify.verify import verify

__all__ = ["Finding", "Report", "RevisionNotVerified", "verify"]
