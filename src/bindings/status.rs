//! Python bindings of [`crate::plan::status`].

use pyo3::prelude::*;

use super::graph::PyGraph;
use crate::plan::status::Status;

/// State, unknown rows, redundant rows, pending revisions.
type StatusTuple = (&'static str, Vec<String>, Vec<String>, Vec<String>);

/// The status of a database; `recorded` are its version rows.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn status(graph: &PyGraph, recorded: Vec<String>) -> StatusTuple {
    let status = Status::of(&graph.inner, &recorded);
    (status.state.name(), status.unknown, status.redundant, status.pending)
}

/// Whether a revision is applied; `revision` is a full identifier or a label. False for an unknown one.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn status_includes(graph: &PyGraph, recorded: Vec<String>, revision: &str) -> bool {
    graph
        .inner
        .named(revision)
        .is_some_and(|rev| Status::includes(&graph.inner, &recorded, rev))
}
