//! Python bindings of [`crate::show::graph`].

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::show::graph::{self as picture, Applied, Layout, Revision, terminal};

/// A revision: identifier, message, parents and dependencies as indices into the list, branch labels, whether it is a
/// head, and whether it is applied (`None`, `"pending"`, `"yes"`, `"current"`).
type RevisionTuple = (
    String,
    String,
    Vec<usize>,
    Vec<usize>,
    Vec<String>,
    bool,
    Option<String>,
);

fn revisions(nodes: Vec<RevisionTuple>) -> PyResult<Vec<Revision>> {
    let convert = |(id, message, down, depends_on, labels, is_head, applied): RevisionTuple| {
        let applied = match applied.as_deref() {
            None => Applied::Unknown,
            Some("pending") => Applied::Pending,
            Some("yes") => Applied::Yes,
            Some("current") => Applied::Current,
            Some(other) => {
                return Err(PyValueError::new_err(format!(
                    "unknown state {other:?} of revision {id}"
                )));
            }
        };
        Ok(Revision {
            id,
            message,
            down,
            depends_on,
            labels,
            is_head,
            applied,
        })
    };
    nodes.into_iter().map(convert).collect()
}

/// The graph for a terminal of `width` columns.
#[pyfunction]
#[pyo3(signature = (nodes, *, width, ascii=false, colour=false))]
pub(super) fn draw_terminal(nodes: Vec<RevisionTuple>, width: usize, ascii: bool, colour: bool) -> PyResult<String> {
    let revisions = revisions(nodes)?;
    Ok(terminal::draw(
        &revisions,
        &Layout::of(&revisions),
        terminal::Style { width, ascii, colour },
    ))
}

/// The graph in a format for other programs: `"svg"`, `"dot"` or `"mermaid"`.
#[pyfunction]
pub(super) fn draw_text(nodes: Vec<RevisionTuple>, format: &str) -> PyResult<String> {
    let revisions = revisions(nodes)?;
    match format {
        "svg" => Ok(picture::svg::draw(&revisions, &Layout::of(&revisions))),
        "dot" => Ok(picture::export::dot(&revisions)),
        "mermaid" => Ok(picture::export::mermaid(&revisions)),
        _ => Err(PyValueError::new_err(format!(
            "unknown format {format:?}: take svg, dot or mermaid"
        ))),
    }
}
