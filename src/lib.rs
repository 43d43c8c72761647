//! limbeck's engine: everything of Alembic that needs no database driver and no Python.
//!
//! | module | what it knows |
//! |---|---|
//! | [`config`] | `alembic.ini` and `pyproject.toml`, read into settings |
//! | [`script`] | revision files: version locations, headers, names of new files |
//! | [`graph`] | the revision graph: identifiers, ancestry, order |
//! | [`answer`] | the output of commands that need nothing of Python |
//! | [`listing`] | how a revision is written for the user |
//! | [`plan`] | what an upgrade, downgrade or stamp will do; the version table's state machine |
//! | [`store`] | the version table of a live server |
//! | [`draw`] | pictures of the graph: terminal, SVG, Graphviz, Mermaid |
//! | [`short_cuts`] | the switch of every short cut |
//! | [`error`] | the one error type of the engine |
//! | [`bindings`] | the only place where Rust and Python meet |
//!
//! Arrows point down this list's other way only: bindings → answer, plan → graph → script → config.

pub mod answer;
pub mod bindings;
pub mod config;
pub mod draw;
pub mod error;
pub mod graph;
pub mod listing;
pub mod plan;
pub mod script;
pub mod short_cuts;
pub mod store;
