//! limbeck's engine: everything of Alembic that needs no database driver and no Python.
//!
//! | module | what it knows |
//! |---|---|
//! | [`config`] | `alembic.ini` and `pyproject.toml`, read into settings |
//! | [`script`] | revision files: version locations, headers, names of new files |
//! | [`graph`] | the revision graph: identifiers, ancestry, order |
//! | [`plan`] | what an upgrade, downgrade or stamp will do; the version table's state machine |
//! | [`store`] | the version table of a live server |
//! | [`show`] | everything that is looked at: listings, and pictures of the graph |
//! | [`startup`] | the output of commands that need nothing of Python |
//! | [`short_cuts`] | the switch of every short cut |
//! | [`error`] | the one error type of the engine |
//! | [`bindings`] | the only place where Rust and Python meet |
//!
//! Arrows point down this list's other way only: bindings → startup → show, plan → graph → script → config.

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
