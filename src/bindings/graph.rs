//! Python bindings of [`crate::graph`].
//!
//! Revisions are passed as numbers; Python makes `Revision` objects on demand. A [`Place`] is passed as the number of
//! its revision, [`Place::Base`] as [`BASE`], and [`Place::Nothing`] as `None`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyFrozenSet, PyList, PySet, PyString, PyTuple};

use super::errors;
use super::text::Name;
use crate::error::Error;
use crate::graph::{self, Bound as RangeOptions, Edges, Lineage, Node, Notice, Place, Rev, Target};
use crate::script::{Header, places};

/// The number of [`Place::Base`].
const BASE: isize = -1;

/// The maximum nesting of collections of identifiers.
const NESTING: usize = 8;

/// Identifier, parents, dependencies, labels.
type NodeTuple = (String, Vec<String>, Vec<String>, Vec<String>);
/// Revisions, and the places at which sorting starts.
type RangeTuple = (Vec<Rev>, Vec<Option<isize>>);

/// The revision graph.
///
/// A method without a description calls the method of [`graph::Graph`] with the same name, with or without `_of`. All
/// methods raise `IndexError` for a number without a revision.
#[pyclass(frozen, module = "limbeck._core", name = "Graph")]
pub(super) struct PyGraph {
    pub(super) inner: Arc<graph::Graph>,
}

#[allow(
    clippy::needless_pass_by_value,
    clippy::fn_params_excessive_bools,
    reason = "arguments come from Python"
)]
#[pymethods]
impl PyGraph {
    #[new]
    #[pyo3(signature = (nodes, notice = None))]
    fn new(nodes: Vec<NodeTuple>, notice: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut notices = Vec::new();
        let built = graph::Graph::build_noticing(nodes.into_iter().map(node), &mut notices);
        report_notices(&notices, notice)?;
        Ok(Self {
            inner: Arc::new(built?),
        })
    }

    /// The graph of the revision files in `catalog`; revisions are numbered in its order.
    #[staticmethod]
    #[pyo3(signature = (catalog, notice = None))]
    fn from_catalog(
        py: Python<'_>,
        catalog: &super::script::Catalog,
        notice: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        build(py, &catalog.headers(), notice)
    }

    /// A graph with one revision added or replaced.
    fn with_node(&self, added: NodeTuple) -> PyResult<Self> {
        let inner = self.inner.with(node(added))?;
        Ok(Self { inner: Arc::new(inner) })
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    /// The full identifiers, by number.
    fn ids(&self) -> Vec<&str> {
        (0..self.inner.len()).map(|rev| self.inner.id(rev)).collect()
    }

    fn id(&self, rev: Rev) -> PyResult<&str> {
        Ok(self.inner.id(self.checked(rev)?))
    }

    /// The number of the revision with exactly this identifier or label; `None` if there is none.
    fn index(&self, name: Name) -> Option<Rev> {
        self.inner.named(&name)
    }

    fn labels(&self) -> Vec<(String, Rev)> {
        self.inner.labels().to_vec()
    }

    #[getter]
    fn heads(&self) -> Vec<Rev> {
        self.inner.heads().to_vec()
    }

    #[getter]
    fn bases(&self) -> Vec<Rev> {
        self.inner.bases().to_vec()
    }

    #[getter]
    fn real_heads(&self) -> Vec<Rev> {
        self.inner.real_heads().to_vec()
    }

    #[getter]
    fn real_bases(&self) -> Vec<Rev> {
        self.inner.real_bases().to_vec()
    }

    fn labels_of(&self, rev: Rev) -> PyResult<Vec<String>> {
        Ok(self.inner.labels_of(self.checked(rev)?).to_vec())
    }

    fn down_of(&self, rev: Rev) -> PyResult<Vec<&str>> {
        Ok(self.names(self.inner.down(self.checked(rev)?)))
    }

    fn dependencies_of(&self, rev: Rev) -> PyResult<Vec<&str>> {
        Ok(self.names(self.inner.dependencies(self.checked(rev)?)))
    }

    fn own_dependencies_of(&self, rev: Rev) -> PyResult<Vec<&str>> {
        Ok(self.names(self.inner.own_dependencies(self.checked(rev)?)))
    }

    fn next_of(&self, rev: Rev) -> PyResult<Vec<&str>> {
        Ok(self.names(self.inner.next(self.checked(rev)?)))
    }

    fn all_next_of(&self, rev: Rev) -> PyResult<Vec<&str>> {
        Ok(self.names(self.inner.all_next(self.checked(rev)?)))
    }

    fn single(&self, target: &Bound<'_, PyAny>) -> PyResult<Option<Rev>> {
        let identifiers = read_target(target)?;
        match (self.inner.single(&identifiers), &identifiers) {
            // The error shows the argument as the caller wrote it.
            (Err(Error::MultipleHeads { heads, .. }), Target::Many(_)) => {
                let argument = target.str()?.to_string();
                Err(Error::MultipleHeads { heads, argument }.into())
            }
            (result, _) => Ok(result?),
        }
    }

    fn several(&self, target: &Bound<'_, PyAny>) -> PyResult<Vec<Option<isize>>> {
        let places = self.inner.several(&read_target(target)?)?;
        Ok(numbers(&places))
    }

    fn parse(&self, target: &Bound<'_, PyAny>) -> PyResult<(Vec<String>, Option<String>)> {
        let parsed = self.inner.parse(&read_target(target)?)?;
        Ok((parsed.ids, parsed.label))
    }

    #[pyo3(signature = (id, branch = None))]
    fn lookup(&self, id: Option<Name>, branch: Option<Name>) -> PyResult<Option<Rev>> {
        Ok(self.inner.lookup(id.as_deref(), branch.as_deref())?)
    }

    fn branch(&self, label: Name) -> PyResult<Rev> {
        Ok(self.inner.branch(&label)?)
    }

    fn nearest(&self, name: Name) -> Option<String> {
        self.inner.nearest(&name)
    }

    #[pyo3(signature = (label = None))]
    fn current_head(&self, label: Option<Name>) -> PyResult<Option<Rev>> {
        Ok(self.inner.current_head(label.as_deref())?)
    }

    fn filter_for_lineage(
        &self,
        revs: Vec<Rev>,
        against: Option<Name>,
        include_dependencies: bool,
    ) -> PyResult<Vec<Rev>> {
        let revs = self.checked_all(&revs)?;
        let lineage = lineage(include_dependencies);
        Ok(self.inner.filter_for_lineage(revs, against.as_deref(), lineage)?)
    }

    fn related(&self, revs: Vec<Rev>, include_dependencies: bool) -> PyResult<Vec<Rev>> {
        let related = self
            .inner
            .related(self.checked_all(&revs)?, lineage(include_dependencies));
        Ok(related.list().to_vec())
    }

    fn bases_of(&self, id: Name) -> PyResult<Vec<Rev>> {
        Ok(self.inner.bases_of(&id)?)
    }

    /// The revisions that can be reached from `revs`, including these. With `check`, raises `RevisionError` if one of
    /// `revs` can be reached from another.
    #[pyo3(signature = (revs, edges, check = false))]
    fn reach(&self, revs: Vec<Rev>, edges: &str, check: bool) -> PyResult<Vec<Rev>> {
        let edges = match edges {
            "down" => Edges::Down,
            "needs" => Edges::Needs,
            "next" => Edges::Next,
            "next_then_all" => Edges::NextThenAll,
            _ => Edges::AllNext,
        };
        let revs = self.checked_all(&revs)?;
        let reached = if check {
            self.inner.reach_apart(revs, edges)?
        } else {
            self.inner.reach(revs.iter().copied(), edges)
        };
        Ok(reached.list().to_vec())
    }

    fn tips(&self, revs: Vec<Rev>) -> PyResult<Vec<Rev>> {
        Ok(self.inner.tips(self.checked_all(&revs)?))
    }

    fn all_current(&self, revs: Vec<Rev>) -> PyResult<Vec<Rev>> {
        Ok(self.inner.all_current(self.checked_all(&revs)?))
    }

    fn order(&self, revs: Vec<Rev>, heads: Vec<Rev>) -> PyResult<Vec<Rev>> {
        Ok(self.inner.order(self.checked_all(&revs)?, self.checked_all(&heads)?)?)
    }

    #[pyo3(signature = (start, steps, label = None, strict = true))]
    fn walk(&self, start: Option<isize>, steps: i64, label: Option<Name>, strict: bool) -> PyResult<Option<isize>> {
        let place = self.inner.walk(self.place(start)?, steps, label.as_deref(), strict)?;
        Ok(number(place))
    }

    fn upgrade_target(
        &self,
        current: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        strict: bool,
    ) -> PyResult<Vec<Option<isize>>> {
        let places = self
            .inner
            .upgrade_target(&read_target(current)?, &read_target(target)?, strict)?;
        Ok(numbers(&places))
    }

    /// The branch and the target of a downgrade. `ambiguous` is called if steps were counted from one of several heads,
    /// even if the method fails.
    fn downgrade_target(
        &self,
        current: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        strict: bool,
        ambiguous: &Bound<'_, PyAny>,
    ) -> PyResult<(Option<String>, Option<isize>)> {
        let mut is_ambiguous = false;
        let (current, target) = (read_target(current)?, read_target(target)?);
        let downward = self
            .inner
            .downgrade_target(&current, &target, strict, &mut is_ambiguous);
        if is_ambiguous {
            ambiguous.call0()?;
        }
        let downward = downward?;
        Ok((downward.label, number(downward.place)))
    }

    /// The range from `lower` to `upper`. `ambiguous` is called if steps were counted from one of several heads, even
    /// if the method fails.
    #[allow(clippy::too_many_arguments, reason = "the parameters of iterate_revisions")]
    fn collect(
        &self,
        upper: &Bound<'_, PyAny>,
        lower: &Bound<'_, PyAny>,
        inclusive: bool,
        implicit_base: bool,
        strict: bool,
        downgrade: bool,
        ambiguous: &Bound<'_, PyAny>,
    ) -> PyResult<RangeTuple> {
        let options = RangeOptions {
            inclusive,
            implicit_base,
            strict,
        };
        let (upper_end, lower_end) = (read_target(upper)?, read_target(lower)?);
        let mut is_ambiguous = false;
        let range = if downgrade {
            self.inner.downward(&upper_end, &lower_end, options, &mut is_ambiguous)
        } else {
            self.inner.upward(&upper_end, &lower_end, options, &mut is_ambiguous)
        };
        if is_ambiguous {
            ambiguous.call0()?;
        }
        let range = range.map_err(|error| with_ends(error, upper, lower, downgrade))?;
        Ok((range.revs, numbers(&range.heads)))
    }
}

impl PyGraph {
    /// `rev`, if the graph has a revision with this number.
    fn checked(&self, rev: Rev) -> PyResult<Rev> {
        if rev < self.inner.len() {
            Ok(rev)
        } else {
            Err(pyo3::exceptions::PyIndexError::new_err(format!(
                "there is no revision number {rev}"
            )))
        }
    }

    fn checked_all<'r>(&self, revs: &'r [Rev]) -> PyResult<&'r [Rev]> {
        revs.iter().try_for_each(|&rev| self.checked(rev).map(drop))?;
        Ok(revs)
    }

    /// The inverse of [`number`].
    fn place(&self, number: Option<isize>) -> PyResult<Place> {
        match number {
            None => Ok(Place::Nothing),
            Some(BASE) => Ok(Place::Base),
            Some(rev) => Ok(Place::At(self.checked(usize::try_from(rev).unwrap_or(usize::MAX))?)),
        }
    }

    fn names(&self, revs: &[Rev]) -> Vec<&str> {
        revs.iter().map(|&rev| self.inner.id(rev)).collect()
    }
}

fn lineage(include_dependencies: bool) -> Lineage {
    if include_dependencies {
        Lineage::WithDependencies
    } else {
        Lineage::Line
    }
}

fn node((id, down, depends_on, labels): NodeTuple) -> Node {
    Node {
        id,
        down,
        depends_on,
        labels,
    }
}

/// Build the graph of `headers`. The hint of an error has the places of the headers that cause it.
fn build(py: Python<'_>, headers: &[Header], notice: Option<&Bound<'_, PyAny>>) -> PyResult<PyGraph> {
    let mut notices = Vec::new();
    let built = graph::Graph::build_noticing(headers.iter().map(Node::from), &mut notices);
    report_notices(&notices, notice)?;
    match built {
        Ok(graph) => Ok(PyGraph { inner: Arc::new(graph) }),
        Err(error) => {
            let places = places::describe(headers, &error.causes());
            let exception = PyErr::from(error);
            if let Some(places) = places {
                errors::set_hint(py, &exception, Some(format!("see {places}")))?;
            }
            Err(exception)
        }
    }
}

/// Call `callback(kind, revision, referrer)` for each warning.
fn report_notices(notices: &[Notice], callback: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let Some(callback) = callback else { return Ok(()) };
    for notice in notices {
        match notice {
            Notice::Duplicate(id) => callback.call1(("duplicate", id, None::<&str>))?,
            Notice::MissingParent { missing, referrer } => callback.call1(("missing", missing, referrer))?,
        };
    }
    Ok(())
}

/// Convert a string, a collection of strings (nested at most [`NESTING`] deep), or `None`.
pub(super) fn read_target(target: &Bound<'_, PyAny>) -> PyResult<Target> {
    read_nested(target, NESTING)
}

fn read_nested(target: &Bound<'_, PyAny>, depth: usize) -> PyResult<Target> {
    if target.is_none() {
        return Ok(Target::Nothing);
    }
    if let Ok(name) = target.cast::<PyString>() {
        if name.to_str().is_err() {
            return Err(unknown_revision(name));
        }
        return Ok(Target::Name(name.to_string()));
    }
    let is_collection = target.is_instance_of::<PyTuple>()
        || target.is_instance_of::<PyList>()
        || target.is_instance_of::<PySet>()
        || target.is_instance_of::<PyFrozenSet>();
    if is_collection && depth > 0 {
        let mut items = Vec::new();
        for item in target.try_iter()? {
            let item = item?;
            let nested = read_nested(&item, depth - 1);
            // The error for an item that is not a string shows the whole collection.
            let with_collection = |error| {
                if item.is_instance_of::<PyString>() {
                    error
                } else {
                    not_a_string(target)
                }
            };
            items.push(nested.map_err(with_collection)?);
        }
        return Ok(Target::Many(items));
    }
    Err(not_a_string(target))
}

/// The error for an argument with lone surrogates; no revision has such an identifier.
fn unknown_revision(name: &Bound<'_, PyString>) -> PyErr {
    let py = name.py();
    let make = || {
        let message = PyString::new(py, "No such revision or branch '{}'").call_method1("format", (name,))?;
        errors::exception(py, errors::REVISION, "ResolutionError", (message, name))
    };
    make().unwrap_or_else(|failure| failure)
}

fn not_a_string(target: &Bound<'_, PyAny>) -> PyErr {
    let shown = target.repr().map_or_else(|_| "?".to_owned(), |text| text.to_string());
    let message = format!("revision identifier {shown} is not a string; ensure database driver settings are correct");
    Error::Revision(message).into()
}

/// Convert an error. [`Error::RangeNotAncestor`] gets the ends as the caller wrote them; for a downgrade, Alembic's
/// text "Nothing to drop" takes the place of the lower end.
pub(super) fn with_ends(error: Error, upper: &Bound<'_, PyAny>, lower: &Bound<'_, PyAny>, downgrade: bool) -> PyErr {
    if !matches!(error, Error::RangeNotAncestor) {
        return error.into();
    }
    let py = upper.py();
    let lower = if downgrade {
        PyString::new(py, "Nothing to drop").into_any()
    } else {
        lower.clone()
    };
    errors::exception(py, errors::REVISION, "RangeNotAncestorError", (lower, upper)).unwrap_or_else(|failure| failure)
}

/// The number that Python gets for a place.
fn number(place: Place) -> Option<isize> {
    match place {
        Place::At(rev) => isize::try_from(rev).ok(),
        Place::Nothing => None,
        Place::Base => Some(BASE),
    }
}

fn numbers(places: &[Place]) -> Vec<Option<isize>> {
    places.iter().map(|&place| number(place)).collect()
}
