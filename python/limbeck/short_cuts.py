"""The switch for all short cuts.

A short cut is a faster way to the same result. With `LIMBECK_SHORT_CUTS=0` in the environment the general code runs: to
find out whether a short cut causes a fault, and for tests, which run both ways.
"""

import os

#: Each short cut reads this when it begins; tests change it.
enabled = os.environ.get("LIMBECK_SHORT_CUTS", "1") != "0"
