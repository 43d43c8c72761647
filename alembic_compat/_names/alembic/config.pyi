# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.config import (
    ArgumentParser as ArgumentParser,
    CommandFunction as CommandFunction,
    CommandLine as CommandLine,
    Config as Config,
    ConfigParser as ConfigParser,
    MessagingOptions as MessagingOptions,
    Namespace as Namespace,
    PostWriteHookConfig as PostWriteHookConfig,
    TomlValue as TomlValue,
    command as command,
    main as main,
)
