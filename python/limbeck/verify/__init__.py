"""Whether each revision can be applied, reverted and applied again, seen on a scratch database."""

from limbeck.verify.types import Finding, Report
from limbeck.verify.verify import verify

__all__ = ["Finding", "Report", "verify"]
