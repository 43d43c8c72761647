# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.messaging import (
    TERMWIDTH as TERMWIDTH,
    err as err,
    format_as_comma as format_as_comma,
    msg as msg,
    obfuscate_url_pw as obfuscate_url_pw,
    status as status,
    warn as warn,
    warn_deprecated as warn_deprecated,
    write_outstream as write_outstream,
)
