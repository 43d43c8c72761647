use super::*;

const GENERIC: &str = r#"
from logging.config import fileConfig
from sqlalchemy import engine_from_config
from sqlalchemy import pool
from alembic import context
from app.models import Base

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)
target_metadata = Base.metadata

def run_migrations_offline() -> None:
    url = config.get_main_option("sqlalchemy.url")
    context.configure(url=url, target_metadata=target_metadata, literal_binds=True, dialect_opts={"paramstyle": "named"}, TABLE)
    with context.begin_transaction():
        context.run_migrations()

def run_migrations_online() -> None:
    def process_revision_directives(context, revision, directives):
        if getattr(config.cmd_opts, "autogenerate", False):
            directives[:] = []

    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata, TABLE)
        with context.begin_transaction():
            context.run_migrations()

if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"#;

const ASYNC: &str = r"
import asyncio
from sqlalchemy import pool
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import async_engine_from_config
from alembic import context

config = context.config

def do_run_migrations(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()

async def run_async_migrations() -> None:
    connectable = async_engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()

def run_migrations_online() -> None:
    asyncio.run(run_async_migrations())
";

fn generic() -> String {
    GENERIC.replace(", TABLE", "")
}

fn named(name: &str, schema: Option<&str>) -> VersionTable {
    VersionTable {
        name: name.into(),
        schema: schema.map(str::to_owned),
    }
}

/// Both answers are certain, with the usual table.
fn certain(source: &str) {
    let seen = look(source);
    assert_eq!(seen.url, Ok(()), "{source}");
    assert_eq!(seen.table, Ok(named("alembic_version", None)), "{source}");
}

/// Neither is, because of `why`.
fn doubtful(source: &str, why: &str) {
    let seen = look(source);
    let (url, table) = (seen.url.expect_err(source), seen.table.expect_err(source));
    assert!(
        url.why.contains(why) && table.why.contains(why),
        "{why}: {url} / {table}"
    );
}

/// Only the table is certain.
fn url_doubtful(source: &str) {
    let seen = look(source);
    seen.url.expect_err(source);
    assert_eq!(seen.table, Ok(named("alembic_version", None)), "{source}");
}

#[test]
fn the_usual_programs() {
    certain(&generic());
    certain(ASYNC);
    certain(
        &ASYNC
            .replace(
                "async_engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)",
                "async_engine_from_config(configuration)",
            )
            .replace(
                "config = context.config\n",
                "config = context.config\nconfiguration = config.get_section(config.config_ini_section)\n",
            ),
    );
    certain(
        &generic()
            .replace(
                r#"engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)"#,
                r#"create_engine(config.get_main_option("sqlalchemy.url"), pool_pre_ping=True)"#,
            )
            .replace("import engine_from_config", "import create_engine"),
    );
}

#[test]
fn tables_by_name() {
    let with = |table: &str| look(&GENERIC.replace("TABLE", table)).table;
    assert_eq!(with("version_table='v'"), Ok(named("v", None)));
    assert_eq!(
        with("version_table_schema='s', version_table='v' 'w'"),
        Ok(named("vw", Some("s")))
    );
    assert_eq!(with("version_table_schema=None"), Ok(named("alembic_version", None)));
    assert!(with("version_table=NAME").is_err());
    assert!(with("version_table=f'{x}'").is_err());
    assert!(with("version_table=''").is_err());
    assert!(with("**options").is_err());
    let constant = |text: &str| {
        look(
            &GENERIC
                .replace("TABLE", "version_table=NAME")
                .replace("target_metadata = Base", text),
        )
    };
    assert_eq!(
        constant("NAME = 'n'\ntarget_metadata = Base").table,
        Ok(named("n", None))
    );
    assert!(
        constant("NAME = 'n'\nNAME = 'm'\ntarget_metadata = Base")
            .table
            .is_err()
    );
    let two = GENERIC
        .replacen(", TABLE", ", version_table='a'", 1)
        .replace(", TABLE", "");
    assert!(look(&two).table.unwrap_err().why.contains("several"));
}

#[test]
fn urls_set_by_the_program() {
    let section = "config.get_section(config.config_ini_section, {})";
    url_doubtful(&generic().replace(
        "target_metadata =",
        "config.set_main_option('sqlalchemy.url', URL)\ntarget_metadata =",
    ));
    url_doubtful(&generic().replace(
        "    connectable =",
        "    configuration = config.get_section(config.config_ini_section)\n    configuration['sqlalchemy.url'] = URL\n    connectable =",
    ).replace(section, "configuration"));
    url_doubtful(
        &ASYNC
            .replace("async_engine_from_config", "create_async_engine")
            .replace(section, "settings.url"),
    );
}

#[test]
fn a_text_of_two_origins_is_no_url() {
    let source = generic().replace(
        "    connectable = engine_from_config(",
        "    url = settings.url\n    connectable = engine_from_config(",
    );
    certain(&source);
    url_doubtful(&source.replace(
        "engine_from_config(\n        config.get_section(config.config_ini_section, {}), prefix=\"sqlalchemy.\"",
        "create_engine(url",
    ).replace("import engine_from_config", "import create_engine"));
}

#[test]
fn whatever_touches_engine_or_connection() {
    let meddle = |line: &str| {
        generic().replace(
            "        context.configure(connection",
            &format!("        {line}\n        context.configure(connection"),
        )
    };
    doubtful(
        &meddle("connection.execute(text('SET search_path TO tenant'))"),
        "`connection`",
    );
    doubtful(
        &meddle("connection.dialect.default_schema_name = 'tenant'"),
        "`connection`",
    );
    doubtful(
        &meddle("connection = connection.execution_options(schema_translate_map=m)"),
        "`connection`",
    );
    doubtful(&meddle("prepare(connection)"), "`connection`");
    doubtful(&meddle("context.execute('SET ROLE x')"), "`context`");
    doubtful(&meddle("listen(connectable, 'connect', f)"), "`connectable`");
    doubtful(&meddle("config.set_main_option('script_location', x)"), "`config`");
    doubtful(&meddle("helper(context.config)"), "`context.config`");
    doubtful(
        &generic().replace("poolclass=", "connect_args={}, poolclass="),
        "unknown origin",
    );
    doubtful(
        &generic().replace("prefix=\"sqlalchemy.\"", "prefix=\"other.\""),
        "unknown origin",
    );
    doubtful(
        &generic().replace("config.get_section(config.config_ini_section, {})", "settings"),
        "unknown origin",
    );
    doubtful(
        &generic().replace("from app.models import Base", "from app.models import *"),
        "`*`",
    );
    doubtful(&generic().replace("import pool", "import event"), "events");
    doubtful(
        &generic().replace("target_metadata =", "exec(x)\ntarget_metadata ="),
        "followed",
    );
    doubtful(
        &generic().replace(
            "    with connectable",
            "    if connectable is None:\n        connectable = other()\n    with connectable",
        ),
        "several meanings",
    );
    doubtful(
        &ASYNC.replace(
            "await connection.run_sync(do_run_migrations)",
            "await connection.run_sync(prepare)",
        ),
        "`connection`",
    );
    doubtful(&format!("{ASYNC}\nother(do_run_migrations)"), "");
}

#[test]
fn what_is_no_environment() {
    doubtful("def (", "cannot be read");
    assert!(look("").table.is_err() && look("").url.is_err());
    let deep = format!("x = {}1{}", "[".repeat(150), "]".repeat(150));
    doubtful(&deep, "nested");
}

#[test]
fn doubts_name_their_line() {
    let doubt = look(&generic().replace("import pool", "import event")).url.unwrap_err();
    assert_eq!(doubt.to_string(), "env.py listens to SQLAlchemy's events, line 4");
}
