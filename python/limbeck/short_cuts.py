"""The switch for all short cuts.

A short cut is a faster way to the same result. `LIMBECK_SHORT_CUTS=0` in the environment disables them, to find out whether
a short cut causes a fault. Tests run with and without them.
"""

import os

#: Whether short cuts are used. Each short cut reads this when it begins; tests change it.
enabled = os.environ.get("LIMBECK_SHORT_CUTS", "1") != "0"
