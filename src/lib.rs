//! limbeck's engine: the parts of Alembic that need neither a Python database driver nor Python.
//!
//! | module | purpose |
//! |---|---|
//! | [`config`] | `alembic.ini` and `pyproject.toml`, read into settings |
//! | [`lint`] | what the statements of a migration do |
//! | [`script`] | revision files: version locations, headers, names of new files |
//! | [`graph`] | the revision graph: identifiers, ancestry, order |
//! | [`plan`] | the steps of an upgrade, downgrade or stamp, and the version rows after each |
//! | [`store`] | the version table of a live server |
//! | [`show`] | listings, and pictures of the graph |
//! | [`startup`] | `heads`, `branches`, `history` and `show` without Python |
//! | [`short_cuts`] | the switch of every short cut |
//! | [`error`] | the engine's only error type |
//! | [`bindings`] | the Python extension module |
//!
//! Dependencies: bindings → startup → show, plan → graph → script. `docs/architecture.md` draws all of them, and a test
//! compares the picture with the imports.

pub mod bindings;
pub mod config;
pub mod error;
pub mod graph;
pub mod lint;
pub mod plan;
pub mod script;
pub mod short_cuts;
pub mod show;
pub mod startup;
pub mod store;
