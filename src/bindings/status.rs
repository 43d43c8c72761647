//! Python bindings of [`crate::plan::status`].

use pyo3::prelude::*;

use super::graph::PyGraph;
use crate::plan::status::Status;

/// `(state, unknown rows, redundant rows, pending revisions)` for the rows of a version table.
type Parts = (&'static str, Vec<String>, Vec<String>, Vec<String>);

/// The status of a database.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn status(graph: &PyGraph, recorded: Vec<String>) -> Parts {
    let found = Status::of(&graph.inner, &recorded);
    (found.state.name(), found.unknown, found.redundant, found.pending)
}

/// Whether a revision is applied; false for an unknown identifier.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn status_includes(graph: &PyGraph, recorded: Vec<String>, revision: &str) -> bool {
    graph
        .inner
        .named(revision)
        .is_some_and(|rev| Status::includes(&graph.inner, &recorded, rev))
}
