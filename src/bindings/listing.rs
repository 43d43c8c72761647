//! Python's view of [`crate::listing`].

use std::borrow::Cow;
use std::collections::HashSet;

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use super::graph::PyGraph;
use super::script::Catalog;
use crate::graph::Rev;
use crate::listing::{Facts, Parts, Style};

/// Labels, docstring, parents, branch points and merges; `None` for a whole sheet.
type PartsTuple = (bool, bool, bool, bool);

fn style(parts: Option<PartsTuple>) -> Style {
    parts.map_or(Style::Sheet, |(labels, doc, below, forks)| {
        Style::Line(Parts {
            labels,
            doc,
            below,
            forks,
        })
    })
}

/// What is shown of a script, from its attributes.
#[derive(FromPyObject)]
struct ShownScript {
    #[pyo3(attribute("revision"))]
    id: String,
    #[pyo3(attribute("_versioned_down_revisions"))]
    down: Vec<String>,
    #[pyo3(attribute("_named_dependencies"))]
    dependencies: Vec<String>,
    #[pyo3(attribute("_resolved_dependencies"))]
    needs: Vec<String>,
    #[pyo3(attribute("_next_in_order"))]
    next: Vec<String>,
    #[pyo3(attribute("_is_real_head"))]
    free: bool,
    #[pyo3(attribute("_labels_in_order"))]
    labels: Vec<String>,
    #[pyo3(attribute("path"))]
    path: String,
    #[pyo3(attribute("longdoc"))]
    doc: String,
    #[pyo3(attribute("_db_current_indicator"))]
    current: Option<bool>,
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Write one script.
#[pyfunction]
#[pyo3(signature = (script, parts = None))]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
fn show_script(script: ShownScript, parts: Option<PartsTuple>) -> String {
    let facts = Facts {
        id: &script.id,
        down: borrowed(&script.down),
        dependencies: borrowed(&script.dependencies),
        needs: borrowed(&script.needs),
        next: borrowed(&script.next),
        free: script.free,
        labels: borrowed(&script.labels),
        path: Cow::Borrowed(&script.path),
        doc: &script.doc,
        current: script.current.unwrap_or(false),
    };
    facts.show(style(parts))
}

/// Write revisions of a graph, each on lines of its own; `files` are their places in the catalog.
#[pyfunction]
#[pyo3(signature = (graph, catalog, revs, files, current, parts = None))]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
fn show_revisions(
    graph: &PyGraph,
    catalog: &Catalog,
    revs: Vec<Rev>,
    files: Vec<usize>,
    current: HashSet<String>,
    parts: Option<PartsTuple>,
) -> PyResult<String> {
    let headers = catalog.headers();
    let graph = &graph.inner;
    let style = style(parts);
    let mut texts = Vec::with_capacity(revs.len());
    for (rev, file) in revs.into_iter().zip(files) {
        let header = headers.get(file).filter(|_| rev < graph.len());
        let header = header.ok_or_else(|| PyIndexError::new_err(rev))?;
        let here = current.contains(graph.id(rev));
        texts.push(Facts::of(graph, rev, header, here).show(style));
    }
    Ok(texts.join("\n"))
}

/// Add this room's functions to the extension module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(show_script, module)?)?;
    module.add_function(wrap_pyfunction!(show_revisions, module)?)
}
