# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ddl.mysql import (
    MariaDBImpl as MariaDBImpl,
    MySQLAlterDefault as MySQLAlterDefault,
    MySQLChangeColumn as MySQLChangeColumn,
    MySQLImpl as MySQLImpl,
    MySQLModifyColumn as MySQLModifyColumn,
)
