//! Python bindings of [`crate::plan`].

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use super::graph::{PyGraph, read_target, with_ends};
use crate::error::Error;
use crate::graph::{Graph, Place, Rev};
use crate::plan::{self, Action, Change, Direction, Ledger, LedgerState, Stamp, Transition};

/// A transition: kind, deleted rows, old and new identifier of the updated row, inserted rows.
type TransitionTuple = (&'static str, Vec<String>, Option<String>, Option<String>, Vec<String>);
/// A [`Stamp`]: replaced rows, new rows, whether up, whether a branch starts or ends.
type StampTuple = (Vec<String>, Vec<String>, bool, bool);

/// The steps of an upgrade, downgrade or stamp.
#[pyclass(frozen, module = "limbeck._core", name = "Plan")]
pub(super) struct PyPlan {
    rows: Vec<String>,
    plan: plan::Plan,
}

#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
#[pymethods]
impl PyPlan {
    fn __len__(&self) -> usize {
        self.plan.steps.len()
    }

    /// The numbers of the revisions to run, in order; empty for a stamp.
    #[getter]
    fn revisions(&self) -> Vec<Rev> {
        let revision = |step: &plan::Step| match step.action {
            Action::Run(rev, _) => Some(rev),
            Action::Stamp(_) => None,
        };
        self.plan.steps.iter().filter_map(revision).collect()
    }

    /// The steps of a stamp; empty for an upgrade or downgrade.
    #[getter]
    fn stamps(&self) -> Vec<StampTuple> {
        let stamp = |step: &plan::Step| match &step.action {
            Action::Run(..) => None,
            Action::Stamp(Stamp { from, to, up, branch }) => Some((from.clone(), to.clone(), *up, *branch)),
        };
        self.plan.steps.iter().filter_map(stamp).collect()
    }

    /// The version rows before the first step, as full identifiers.
    #[getter]
    fn rows(&self) -> Vec<String> {
        self.rows.clone()
    }

    /// The transition of the step with an index. Raises `IndexError`.
    fn change(&self, index: usize) -> PyResult<TransitionTuple> {
        let step = self.plan.steps.get(index);
        step.map(|step| transition_tuple(&step.change))
            .ok_or_else(|| PyIndexError::new_err(index))
    }
}

/// Plan an upgrade from the version rows to a target.
#[pyfunction]
pub(super) fn plan_upgrade(graph: &PyGraph, rows: &Bound<'_, PyAny>, target: &Bound<'_, PyAny>) -> PyResult<PyPlan> {
    let ids = full_ids(graph, rows)?;
    let plan = plan::Plan::upgrade(&graph.inner, &ids, &read_target(target)?);
    let plan = plan.map_err(|error| with_ends(error, target, rows, false))?;
    Ok(PyPlan { rows: ids, plan })
}

/// Plan a downgrade. `ambiguous` is called if steps were counted from one of several heads, even if planning fails.
#[pyfunction]
pub(super) fn plan_downgrade(
    graph: &PyGraph,
    rows: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    ambiguous: &Bound<'_, PyAny>,
) -> PyResult<PyPlan> {
    let ids = full_ids(graph, rows)?;
    let mut is_ambiguous = false;
    let plan = plan::Plan::downgrade(&graph.inner, &ids, &read_target(target)?, &mut is_ambiguous);
    if is_ambiguous {
        ambiguous.call0()?;
    }
    let plan = plan.map_err(|error| with_ends(error, rows, target, true))?;
    Ok(PyPlan { rows: ids, plan })
}

/// Plan a stamp.
#[pyfunction]
pub(super) fn plan_stamp(graph: &PyGraph, rows: &Bound<'_, PyAny>, target: &Bound<'_, PyAny>) -> PyResult<PyPlan> {
    let ids = full_ids(graph, rows)?;
    let plan = plan::Plan::stamp(&graph.inner, &ids, &read_target(target)?)?;
    Ok(PyPlan { rows: ids, plan })
}

/// Raise `CommandError` for an identifier of more than `limit` characters. `column` is the column's name in the message.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn check_fits(ids: Vec<String>, limit: usize, column: &str) -> PyResult<()> {
    Ok(plan::check_fits(ids, limit, column)?)
}

/// The full identifiers of version rows, which may be partial identifiers.
fn full_ids(graph: &PyGraph, rows: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let places = graph.inner.several(&read_target(rows)?)?;
    let revs = places.into_iter().filter_map(Place::rev);
    Ok(revs.map(|rev| graph.inner.id(rev).to_owned()).collect())
}

/// The transition of one step of a stamp; `rows` are the version rows before the step.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
pub(super) fn stamp_change(
    from_: Vec<String>,
    to: Vec<String>,
    up: bool,
    branch: bool,
    rows: Vec<String>,
) -> TransitionTuple {
    let stamp = Stamp {
        from: from_,
        to,
        up,
        branch,
    };
    transition_tuple(&stamp.change(&rows.into_iter().collect()))
}

/// Computes transitions during a run.
#[pyclass(frozen, module = "limbeck._core", name = "Ledger")]
pub(super) struct PyLedger {
    graph: Arc<Graph>,
    state: Mutex<LedgerState>,
}

#[allow(clippy::needless_pass_by_value, reason = "arguments come from Python")]
#[pymethods]
impl PyLedger {
    #[new]
    fn new(graph: &PyGraph) -> Self {
        Self {
            graph: Arc::clone(&graph.inner),
            state: Mutex::default(),
        }
    }

    /// The transition of running revision number `rev`; `rows` are the version rows before it.
    ///
    /// The next call is faster if its `rows` are those after the transition.
    fn change(&self, rev: Rev, up: bool, rows: Vec<String>) -> PyResult<TransitionTuple> {
        let direction = if up { Direction::Up } else { Direction::Down };
        let change = self.with_ledger(rows, |ledger| {
            let change = ledger.change_for(rev, direction)?;
            ledger.record_run(rev, direction, &change).map(|()| change)
        });
        change.map(|change| transition_tuple(&change))
    }

    /// The rows that the merge `rev` replaces.
    fn merged(&self, rev: Rev, rows: Vec<String>) -> PyResult<Vec<String>> {
        self.with_ledger(rows, |ledger| ledger.merged(rev))
    }

    /// The rows that replace the row of `rev` when it is reverted.
    fn unmerged(&self, rev: Rev, rows: Vec<String>) -> PyResult<Vec<String>> {
        self.with_ledger(rows, |ledger| ledger.unmerged(rev))
    }
}

impl PyLedger {
    /// Call a function with a ledger of these rows, and keep the ledger's state for the next call.
    fn with_ledger<T>(&self, rows: Vec<String>, call: impl FnOnce(&mut Ledger<'_>) -> Result<T, Error>) -> PyResult<T> {
        // A poisoned lock has a valid state too: `take` leaves an empty one there until the call has ended.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ledger = Ledger::resuming(&self.graph, rows, std::mem::take(&mut *state));
        let result = call(&mut ledger);
        *state = ledger.into_state();
        Ok(result?)
    }
}

fn transition_tuple(change: &Transition) -> TransitionTuple {
    let kind = match change {
        Transition::Create(_) => "create",
        Transition::Remove(_) => "remove",
        Transition::Advance { .. } => "advance",
        Transition::Merge { .. } => "merge",
        Transition::Unmerge { .. } => "unmerge",
    };
    let (mut deletes, mut update, mut inserts) = (Vec::new(), (None, None), Vec::new());
    for statement in change.changes() {
        match statement {
            Change::Delete(id) => deletes.push(id),
            Change::Insert(id) => inserts.push(id),
            Change::Update { from, to } => update = (Some(from), Some(to)),
        }
    }
    (kind, deletes, update.0, update.1, inserts)
}
