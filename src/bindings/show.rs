//! Python bindings of [`crate::show`]: revisions and listings.

use std::borrow::Cow;
use std::collections::HashSet;

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use super::graph::PyGraph;
use super::script::Catalog;
use super::text::PrintableText;
use crate::graph::Rev;
use crate::show::listing;
use crate::show::revision::{Details, Parts, Style};

/// Whether a line has labels, docstring, parents, branch points.
type PartsTuple = (bool, bool, bool, bool);

/// One line with these parts; for `None`, the text with all details.
fn style(parts: Option<PartsTuple>) -> Style {
    parts.map_or(Style::Full, |(labels, doc, parents, branch_points)| {
        Style::Line(Parts {
            labels,
            doc,
            parents,
            branch_points,
        })
    })
}

/// The shown details of a `Script`, read from its attributes.
#[derive(FromPyObject)]
pub(super) struct ShownScript {
    #[pyo3(attribute("revision"))]
    id: String,
    #[pyo3(attribute("_versioned_down_revisions"))]
    down: Vec<String>,
    #[pyo3(attribute("_named_dependencies"))]
    named_dependencies: Vec<String>,
    #[pyo3(attribute("_resolved_dependencies"))]
    resolved_dependencies: Vec<String>,
    #[pyo3(attribute("_next_in_order"))]
    next: Vec<String>,
    #[pyo3(attribute("_is_real_head"))]
    is_real_head: bool,
    #[pyo3(attribute("_labels_in_order"))]
    labels: Vec<String>,
    #[pyo3(attribute("path"))]
    path: String,
    #[pyo3(attribute("longdoc"))]
    doc: PrintableText,
    #[pyo3(attribute("_db_current_indicator"))]
    current: Option<bool>,
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

impl ShownScript {
    fn details(&self) -> Details<'_> {
        Details {
            id: &self.id,
            down: borrowed(&self.down),
            named_dependencies: borrowed(&self.named_dependencies),
            resolved_dependencies: borrowed(&self.resolved_dependencies),
            next: borrowed(&self.next),
            is_real_head: self.is_real_head,
            labels: borrowed(&self.labels),
            path: Cow::Borrowed(&self.path),
            doc: &self.doc.0,
            current: self.current.unwrap_or(false),
        }
    }
}

/// The text of one script: one line with `parts`, or all details if it is `None`.
#[pyfunction]
#[pyo3(signature = (script, parts = None))]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn show_script(script: ShownScript, parts: Option<PartsTuple>) -> String {
    script.details().show(style(parts))
}

/// The output of `heads`.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn show_heads(heads: Vec<ShownScript>, verbose: bool) -> String {
    listing::heads(heads.iter().map(ShownScript::details), verbose)
}

/// The output of `branches`: each branch point with its children.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn show_branches(points: Vec<(ShownScript, Vec<ShownScript>)>, verbose: bool) -> String {
    let points = points
        .iter()
        .map(|(point, children)| (point.details(), children.iter().map(ShownScript::details).collect()));
    listing::branches(points, verbose)
}

/// The output of `history` for scripts.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn show_history(scripts: Vec<ShownScript>, verbose: bool) -> String {
    listing::history(scripts.iter().map(ShownScript::details), verbose)
}

/// The output of `history` for revisions of a graph.
///
/// `files` has the index of each revision's header in the catalog, and `current` the identifiers of the version rows.
/// Raises `IndexError` for a number or index that does not exist.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn show_revisions(
    graph: &PyGraph,
    catalog: &Catalog,
    revs: Vec<Rev>,
    files: Vec<usize>,
    current: HashSet<String>,
    verbose: bool,
) -> PyResult<String> {
    let headers = catalog.headers();
    let graph = &graph.inner;
    let details = revs.into_iter().zip(files).map(|(rev, file)| {
        let header = headers.get(file).filter(|_| rev < graph.len());
        let header = header.ok_or_else(|| PyIndexError::new_err(rev))?;
        Ok(Details::of(graph, rev, header, current.contains(graph.id(rev))))
    });
    Ok(listing::history(details.collect::<PyResult<Vec<_>>>()?, verbose))
}
