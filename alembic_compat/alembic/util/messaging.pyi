# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.messaging import (
    TERMWIDTH as TERMWIDTH,
)
from limbeck.util.messaging import (
    err as err,
)
from limbeck.util.messaging import (
    format_as_comma as format_as_comma,
)
from limbeck.util.messaging import (
    log as log,
)
from limbeck.util.messaging import (
    msg as msg,
)
from limbeck.util.messaging import (
    obfuscate_url_pw as obfuscate_url_pw,
)
from limbeck.util.messaging import (
    status as status,
)
from limbeck.util.messaging import (
    warn as warn,
)
from limbeck.util.messaging import (
    warn_deprecated as warn_deprecated,
)
from limbeck.util.messaging import (
    write_outstream as write_outstream,
)
