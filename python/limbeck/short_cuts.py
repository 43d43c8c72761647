"""The switch of every short cut.

A short cut does in fewer steps what a longer, general path does as well. `LIMBECK_SHORT_CUTS=0` in the environment turns
all of them off, and the general paths run: to find out whether a fault comes from one, and for the tests, which run
both ways.
"""

import os

#: Whether short cuts may be taken. Read where each one begins; tests change it.
enabled = os.environ.get("LIMBECK_SHORT_CUTS", "1") != "0"
