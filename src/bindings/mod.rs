//! The Python extension module: the only part of the engine that depends on Python.
//!
//! Each file exposes one module of the engine, except `aio`, `errors` and `text`, which the other files use.

use pyo3::prelude::*;

mod aio;
mod config;
mod errors;
mod graph;
mod lint;
mod picture;
mod plan;
mod script;
mod show;
mod startup;
mod status;
mod store;
mod text;

/// `limbeck._core`; its stub is `python/limbeck/_core.pyi`.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::config::{PyIni, parse_toml, path_separators};
    #[pymodule_export]
    use super::graph::PyGraph;
    #[pymodule_export]
    use super::lint::{PyChange, read_sql, squawk};
    #[pymodule_export]
    use super::picture::{draw_terminal, draw_text};
    #[pymodule_export]
    use super::plan::{PyLedger, PyPlan, check_fits, plan_downgrade, plan_stamp, plan_upgrade, stamp_change};
    #[pymodule_export]
    use super::script::{
        Catalog, PyBody, PyChecksums, PyEnvFile, PyHeader, read_body, read_env_file, read_identifier, read_tables,
        replace_parents,
    };
    #[pymodule_export]
    use super::show::{show_branches, show_heads, show_history, show_revisions, show_script};
    #[pymodule_export]
    use super::startup::answer;
    #[pymodule_export]
    use super::status::{status, status_includes};
    #[pymodule_export]
    use super::store::{StoreTarget, store_parse_url, store_route};
}
