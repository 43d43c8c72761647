//! limbeck's engine: the parts of Alembic that do not need SQLAlchemy.
//!
//! | module | content |
//! |---|---|
//! | [`bindings`] | the only place where Rust and Python meet |
//! | [`startup`] | the output of commands that need no Python |
//! | [`show`] | the text of listings, and pictures of the graph |
//! | [`plan`] | the steps of an upgrade, downgrade or stamp, and the version rows after each |
//! | [`graph`] | the revision graph: identifiers, ancestry, order |
//! | [`script`] | revision files and their headers, read without importing the files |
//! | [`config`] | `alembic.ini` and `pyproject.toml`, read into settings |
//! | [`store`] | the version table of a live server |
//! | [`error`] | the one error type of the engine |
//! | [`short_cuts`] | the switch of all short cuts |
//!
//! Imports between them are drawn in `docs/architecture.md`.

#[cfg(test)]
mod architecture;
pub mod bindings;
pub mod config;
pub mod error;
pub mod graph;
pub mod plan;
pub mod script;
pub mod short_cuts;
pub mod show;
pub mod startup;
pub mod store;
